// SPDX-License-Identifier: Apache-2.0
#if Cloud
  import ArrivalDatastore
  import SwiftProtobuf
  import Testing

  import DatastoreProtos
  @testable import DatastoreCloud

  @Suite struct ReplyMappingTests {
    private let format = WireFormat(project: "p", database: "")

    private func result(_ entity: Entity) -> Google_Datastore_V1_EntityResult {
      .with { $0.entity = format.encode(entity) }
    }

    @Test
    func
      `Found, missing and deferred keys are told apart in any order, and one left out fails alone`()
      throws
    {
      let keys = (1...6).map { Key("A", id: $0) }
      var reply = Wire.LookupResponse()
      reply.found = [result(Entity(keys[4], ["v": 5])), result(Entity(keys[1]))]
      reply.missing = [result(Entity(keys[0]))]
      reply.deferred = [format.encode(keys[5]), format.encode(keys[2])]
      let decoded = try format.decode(reply, asked: keys)
      #expect(Set(decoded.found.compactMap(\.key)) == [keys[1], keys[4]])
      #expect(Set(decoded.deferred) == [keys[2], keys[5]])
      #expect(Set(decoded.failures.keys) == [keys[3]])
      #expect(decoded.failures[keys[3]]?.code == .internal)
    }

    @Test func `Duplicate and unrequested entities in a reply are skipped`() throws {
      let key = Key("A", id: 1)
      var reply = Wire.LookupResponse()
      reply.found = [result(Entity(key, ["v": 1])), result(Entity(key, ["v": 2]))]
      reply.deferred = [format.encode(key), format.encode(Key("B", id: 9))]
      let decoded = try format.decode(reply, asked: [key])
      #expect(decoded.found == [Entity(key, ["v": 1])])
      #expect(decoded.deferred.isEmpty)
      #expect(decoded.failures.isEmpty)
    }

    @Test func `An entity that cannot be read fails alone`() throws {
      let keys = [Key("A", id: 1), Key("A", id: 2)]
      var reply = Wire.LookupResponse()
      reply.found = keys.map { result(Entity($0, ["v": 1])) }
      reply.found[0].entity.properties["v"] = Wire.Value()
      let decoded = try format.decode(reply, asked: keys)
      #expect(decoded.found.map(\.key) == [keys[1]])
      #expect(decoded.failures[keys[0]]?.property == "v")
    }

    @Test
    func
      `A commit's keys are those of the reply where it names one, and of the mutations otherwise`()
      throws
    {
      let fresh = Key(incomplete: "A")
      let mutations: [Mutation] = [.insert(Entity(fresh)), .delete(Key("A", id: 5))]
      var reply = Wire.CommitResponse()
      reply.mutationResults = [.with { $0.key = format.encode(fresh.completed(id: 9)) }, .init()]
      #expect(try format.keys(of: reply, for: mutations) == [Key("A", id: 9), Key("A", id: 5)])
      reply.mutationResults[0].clearKey()
      #expect(throws: DatastoreError.self) { try format.keys(of: reply, for: mutations) }
      reply.mutationResults.removeLast()
      #expect(throws: DatastoreError.self) { try format.keys(of: reply, for: mutations) }
    }
  }
#endif
