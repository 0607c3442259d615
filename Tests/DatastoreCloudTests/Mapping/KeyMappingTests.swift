// SPDX-License-Identifier: Apache-2.0
#if Cloud
  import ArrivalDatastore
  import SwiftProtobuf
  import Testing

  import DatastoreProtos
  @testable import DatastoreCloud

  @Suite struct KeyMappingTests {
    private let format = WireFormat(project: "p", database: "d")

    @Test(arguments: [
      Key("A", id: 1), Key("A", id: .min), Key("A", name: "e\u{301}", namespace: "n"),
      Key(incomplete: "A", parent: Key("B", name: "")), Key("A", id: 2, parent: Key("A", id: 1)),
    ])
    func `A key survives encoding and decoding`(_ key: Key) throws {
      let message = format.encode(key)
      #expect(message.partitionID.projectID == "p")
      #expect(message.partitionID.databaseID == "d")
      #expect(message.partitionID.namespaceID == key.namespace)
      #expect(try format.decode(message) == key)
    }

    @Test func `A key without a project belongs to the backend's project`() throws {
      var message = format.encode(Key("A", id: 1, namespace: "n"))
      message.partitionID = .with { $0.namespaceID = "n" }
      #expect(try format.decode(message) == Key("A", id: 1, namespace: "n"))
    }

    @Test func `A key of another project or database is refused`()
      throws
    {
      for other in [
        WireFormat(project: "q", database: "d"), WireFormat(project: "p", database: ""),
      ] {
        let error = try #require(throws: DatastoreError.self) {
          try format.decode(other.encode(Key("A", id: 1)))
        }
        #expect(error.code == .dataLoss)
        #expect(error.message.contains("\"\(other.project)\""))
      }
    }

    @Test func `A key without a path, or with a gap in its path, is refused`() throws {
      var gap = format.encode(Key("A", id: 1, parent: Key("B", id: 2)))
      gap.path[0].idType = nil
      for message in [Wire.Key(), gap] {
        let error = try #require(throws: DatastoreError.self) { try format.decode(message) }
        #expect(error.code == .dataLoss)
      }
    }
  }
#endif
