// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Arrival
  import ArrivalDatastore
  import Foundation
  import Testing

  @testable import DatastoreSQLite

  /// Copies of a store with random bytes changed. Each call gives an error or what was stored.
  @Suite struct CorruptionTests {
    /// `ARRIVAL_STRESS=1` makes it 600 copies.
    private static let rounds =
      ProcessInfo.processInfo.environment["ARRIVAL_STRESS"] == "1" ? 600 : 60
    private static let count = 300

    private static let entities: [Key: Entity] = Dictionary(
      uniqueKeysWithValues: (0..<count).map { number in
        let key = Key("Row", name: "row \(number)")
        return (
          key,
          Entity(
            key,
            [
              "number": .indexed(.integer(Int64(number))), "text": "some text \(number % 7)",
              "tags": .indexed(.array([.string("a"), .string("tag \(number % 11)")])),
            ])
        )
      })

    private func original(_ folder: TemporaryFolder) async throws -> [UInt8] {
      let backend = try SQLiteBackend(path: folder.file("original"))
      _ = try await backend.commit(Self.entities.values.map { .insert($0) })
      try await backend.close()
      return [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder.file("original"))))
    }

    @Test func `Changed bytes make no call trap, hang or return what was never stored`()
      async throws
    {
      let folder = try TemporaryFolder()
      let bytes = try await original(folder)
      var failures = 0
      for seed in 0..<Self.rounds {
        var generator = SeededGenerator(seed: UInt64(seed))
        var damaged = bytes
        for _ in 0..<Int.random(in: 1...40, using: &generator) {
          // Half of the changes are in one page, where several meet.
          let range = Bool.random(using: &generator) ? 0..<bytes.count : 8_192..<12_288
          let index = Int.random(in: range, using: &generator)
          damaged[index] = UInt8.random(in: 0...255, using: &generator)
        }
        let path = try folder.write(damaged, to: "damaged-\(seed)")
        failures += try await exercise(path, seed)
        for suffix in ["", "-wal", "-shm"] {
          try? FileManager.default.removeItem(atPath: path + suffix)
        }
      }
      // Otherwise the changed bytes are where no call reads.
      #expect(failures > Self.rounds / 2)
    }

    @Test func `A truncated file gives errors or what was stored`() async throws {
      let folder = try TemporaryFolder()
      let bytes = try await original(folder)
      var failures = 0
      for part in 1..<20 {
        let count = bytes.count * part / 20
        let path = try folder.write(Array(bytes[..<count]), to: "short-\(part)")
        failures += try await exercise(path, part)
      }
      #expect(failures >= 10)
    }

    @Test func `An entity with a changed text fails with dataLoss, its key and the file`()
      async throws
    {
      let folder = try TemporaryFolder()
      let path = folder.file("store")
      let key = Key("Row", name: "one")
      let text = Entity(key, ["text": .unindexed("a text that stands nowhere else")])
      let backend = try SQLiteBackend(path: path)
      _ = try await backend.commit([.insert(text), .insert(Entity(Key("Row", name: "other")))])
      try await backend.close()
      var bytes = Data(try Data(contentsOf: URL(fileURLWithPath: path)))
      let place = try #require(bytes.range(of: Data("nowhere".utf8)))
      bytes.replaceSubrange(place, with: Data("NOWHERE".utf8))
      _ = try folder.write([UInt8](bytes), to: "store")
      let damaged = try SQLiteBackend(path: path)
      #expect(try await damaged.check().problems.contains { $0.contains("\(key) cannot be read") })
      // Its neighbour is not affected.
      let other = Key("Row", name: "other")
      let reply = try await damaged.lookup([key, other, Key("Row", name: "none")])
      #expect(reply.found.map(\.key) == [other])
      #expect(Array(reply.failures.keys) == [key])
      let error = reply.failures[key]
      #expect(error?.code == .dataLoss && error?.key == key)
      #expect(error?.message.contains(path) == true, "\(error.map { "\($0)" } ?? "")")
      // A transaction may read it too. If it is repaired meanwhile, that is a conflict.
      let mended = try await damaged.beginTransaction(.readWrite())
      #expect(try await damaged.lookup([key], in: .running(mended)).failures.count == 1)
      _ = try await damaged.commit([.delete(Key("Row", name: "none"))], in: .running(mended))
      let late = try await damaged.beginTransaction(.readWrite())
      #expect(try await damaged.lookup([key], in: .running(late)).failures.count == 1)
      // It can be overwritten.
      _ = try await damaged.commit([.upsert(text)])
      #expect(try await damaged.lookup([key]).found == [text])
      let conflict = await #expect(throws: DatastoreError.self) {
        try await damaged.commit([.delete(other)], in: .running(late))
      }
      #expect(conflict?.code == .aborted)
      #expect(try await StoreAudit.verdict(damaged) == .sound)
      #expect(try await StoreAudit.hints(damaged).others == 0)
      try await damaged.close()
    }

    /// Makes every kind of call on a damaged store; returns how many failed.
    private func exercise(_ path: String, _ seed: Int) async throws -> Int {
      var failures = 0
      func attempt(_ call: () async throws -> Void) async {
        do {
          try await call()
        } catch let error as DatastoreError {
          failures += 1
          #expect(error.code != .internal, "seed \(seed): \(error)")
          #expect(error.message.contains(path), "seed \(seed): \(error)")
        } catch {
          Issue.record(error, "seed \(seed)")
        }
      }
      func expectStored(_ entities: [Entity]) {
        for entity in entities {
          guard let key = entity.key, Self.entities[key] == entity else {
            Issue.record("seed \(seed): \(entity) was never stored")
            continue
          }
        }
      }
      let keys = Array(Self.entities.keys)
      await attempt {
        let backend = try SQLiteBackend(path: path)
        await attempt {
          // If the check finds no problem, everything can be read.
          guard try await backend.check().problems.isEmpty else { return }
          let reply = try await backend.lookup(keys)
          #expect(reply.found.count == keys.count && reply.failures.isEmpty, "seed \(seed)")
        }
        for key in keys.prefix(100) {
          await attempt {
            let reply = try await backend.lookup([key])
            expectStored(reply.found)
            if let failure = reply.failures[key] { throw failure }
          }
        }
        var ordered = QueryRequest(kind: "Row")
        ordered.orders = [QueryOrder("number", .descending)]
        var tagged = QueryRequest(kind: "Row")
        tagged.filter = .property("tags", .equal, "tag 3")
        for request in [ordered, tagged, QueryRequest()] {
          await attempt {
            expectStored(try await backend.query(request).items.map(\.entity))
          }
        }
        await attempt {
          _ = try await backend.aggregate(
            AggregationRequest(
              query: QueryRequest(kind: "Row"), aggregations: [.count(), .sum("number")]))
        }
        for key in keys.prefix(5) {
          await attempt {
            _ = try await backend.commit([.upsert(Self.entities[key]!), .delete(Key("No", id: 1))])
            #expect(try await backend.lookup([key]).found.allSatisfy { Self.entities[key] == $0 })
          }
        }
        await attempt { _ = try await backend.commit([.delete(keys[7])]) }
        await attempt { try await backend.close() }
      }
      return failures
    }
  }
#endif
