// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Arrival
  import ArrivalDatastore
  import DatastoreEngine
  import Dispatch
  import Foundation
  import GRDB
  import Testing

  @testable import DatastoreSQLite

  /// Files that are put in the place of others, whose log a crash has left there.
  @Suite struct LogPairTests {
    private let folder: TemporaryFolder
    private let store: String

    init() throws {
      folder = try TemporaryFolder()
      store = folder.file("store")
    }

    private func copy(_ from: String, _ to: String) throws {
      try? FileManager.default.removeItem(atPath: to)
      try FileManager.default.copyItem(atPath: from, toPath: to)
    }

    /// Copies what a crash would leave of an idle store.
    private func crash(_ name: String) throws -> String {
      try copy(store, folder.file(name))
      if FileManager.default.fileExists(atPath: store + "-wal") {
        try copy(store + "-wal", folder.file(name) + "-wal")
      }
      return folder.file(name)
    }

    /// Makes a store with closed copies of several ages, and leaves it after a crash.
    private func makeCrashed() async throws -> (crashed: String, copies: [String]) {
      var copies: [String] = []
      for number in 1...3 {
        let backend = try SQLiteBackend(path: store)
        for id in 1...(5 * number) { _ = try await backend.commit([entity(id, "\(number)")]) }
        try await backend.close()
        copies.append(folder.file("copy\(number)"))
        try copy(store, copies[number - 1])
      }
      let backend = try SQLiteBackend(path: store)
      for id in 1...20 { _ = try await backend.commit([entity(id, "last")]) }
      let crashed = try crash("crashed")
      try await backend.close()
      return (crashed, copies)
    }

    @Test(arguments: 0..<3, [true, false])
    func `A copy over a crashed store is refused, and nothing is lost`(
      _ number: Int, _ isReadOnly: Bool
    ) async throws {
      let (crashed, copies) = try await makeCrashed()
      try copy(crashed, folder.file("original"))
      try copy(copies[number], crashed)
      let log = try Data(contentsOf: URL(fileURLWithPath: crashed + "-wal"))
      for _ in 0..<2 {
        let error = #expect(throws: DatastoreError.self) {
          try SQLiteBackend(path: crashed, configuration: .init(isReadOnly: isReadOnly))
        }
        #expect(error?.code == .failedPrecondition)
        #expect(error?.message.contains("does not belong to the datastore") == true)
        #expect(error?.message.contains("\(crashed)-wal") == true)
      }
      let bytes = try Data(contentsOf: URL(fileURLWithPath: crashed))
      #expect(try bytes == Data(contentsOf: URL(fileURLWithPath: copies[number])))
      #expect(try log == Data(contentsOf: URL(fileURLWithPath: crashed + "-wal")))
      // The file that was there goes on, and so does the copy elsewhere.
      try copy(folder.file("original"), crashed)
      #expect(try await values(crashed) == Array(repeating: "last", count: 20))
      #expect(try await values(copies[number]).count == 5 * (number + 1))
    }

    @Test func `Without the log, a copy is used as it is`() async throws {
      let (crashed, copies) = try await makeCrashed()
      try copy(copies[1], crashed)
      for ending in ["-wal", "-shm"] {
        try? FileManager.default.removeItem(atPath: crashed + ending)
      }
      #expect(try await values(crashed) == Array(repeating: "2", count: 10))
    }

    @Test func `A restore replaces a copy and the log beside it`() async throws {
      let (crashed, copies) = try await makeCrashed()
      try copy(copies[1], crashed)
      try SQLiteBackend.restore(crashed, from: copies[0])
      #expect(try await values(crashed) == Array(repeating: "1", count: 5))
    }

    @Test func `What a crash leaves at any moment can be opened, and has all commits`()
      async throws
    {
      var random = SeededGenerator(seed: 16)
      for round in 0..<40 {
        var (backends, count) = ([SQLiteBackend](), 0)
        try? FileManager.default.removeItem(atPath: store)
        for step in 0..<12 {
          switch Int.random(in: 0..<9, using: &random) {
          case 0,
            1 where backends.count < 3:
            backends.append(try SQLiteBackend(path: store))
          case 2 where !backends.isEmpty: try await backends.removeFirst().close()
          case 3:
            if let backend = backends.randomElement(using: &random) { try await backend.vacuum() }
          case 4:
            _ = try await backends.first?.allocateIDs(for: [Key(incomplete: "K")])
          case 5:
            let mode = ["PASSIVE", "FULL", "RESTART"].randomElement(using: &random) ?? ""
            try await backends.first?.database.writeWithoutTransaction { connection in
              try connection.execute(sql: "PRAGMA wal_checkpoint(\(mode))")
            }
          default:
            guard let backend = backends.randomElement(using: &random) else { continue }
            count += 1
            _ = try await backend.commit([entity(count, "x")])
          }
          guard FileManager.default.fileExists(atPath: store) else { continue }
          let image = try crash("image-\(round)-\(step)")
          #expect(try await values(image).count == count, "round \(round), step \(step)")
          for ending in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: image + ending)
          }
        }
        for backend in backends { try await backend.close() }
      }
    }

    @Test func `A store that is being written is opened at once`() async throws {
      let first = try SQLiteBackend(path: store)
      _ = try await first.commit([entity(1, "a")])
      let begun = Promise<Void>("begun")
      let done = DispatchSemaphore(value: 0)
      first.database.asyncWriteWithoutTransaction { connection in
        try? connection.inTransaction(.immediate) {
          begun.succeed()
          done.wait()
          return .rollback
        }
      }
      _ = try await begun.future.value
      let second = try SQLiteBackend(path: store)
      #expect(try await second.lookup([Key("K", id: 1)]).found.count == 1)
      done.signal()
      _ = try await second.commit([entity(2, "b")])
      try await second.close()
      try await first.close()
      #expect(try await values(store).count == 2)
    }
  }
#endif
