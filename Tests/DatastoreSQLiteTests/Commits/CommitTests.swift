// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import ArrivalDatastore
  import GRDB
  import Synchronization
  import Testing

  @testable import DatastoreSQLite

  /// What commits and lookups of SQLite do beyond the contract.
  @Suite struct CommitTests {
    /// Returns numbers in order, then starts again.
    private final class Numbers: Sendable {
      private let numbers: [Int64]
      private let used = Mutex(0)

      init(_ numbers: [Int64]) {
        self.numbers = numbers
      }

      var drawn: Int { used.withLock { $0 } }

      @Sendable func next() -> Int64 {
        used.withLock { used in
          defer { used += 1 }
          return numbers[used % numbers.count]
        }
      }
    }

    private func backend(_ numbers: Numbers) throws -> SQLiteBackend {
      let database = try StoreFile.openInMemory(schema: .current)
      return SQLiteBackend(database, path: nil, identifiers: numbers.next)
    }

    @Test func `A taken automatic ID is drawn again, and its entity is not overwritten`()
      async throws
    {
      let numbers = Numbers([5, 5, 6, 5, 6, 7])
      let backend = try backend(numbers)
      let manual = Entity(Key("K", id: 5), ["manual": true])
      _ = try await backend.commit([.insert(manual)])
      let fresh = Entity(Key(incomplete: "K"))
      #expect(try await backend.commit([.upsert(fresh)]).keys == [Key("K", id: 6)])
      #expect(try await backend.commit([.insert(fresh)]).keys == [Key("K", id: 7)])
      // Their checksums fit the keys that they got.
      let drawn = [Key("K", id: 6), Key("K", id: 7)]
      #expect(try await backend.lookup(drawn).found.count == 2)
      #expect(try await backend.lookup([Key("K", id: 5)]).found == [manual])
    }

    @Test func `An automatic ID gives way to an equal key in the same commit`() async throws {
      let backend = try backend(Numbers([5, 5, 8, 9]))
      let fresh = Entity(Key(incomplete: "K"), ["fresh": true])
      let manual = Entity(Key("K", id: 8), ["manual": true])
      let keys = try await backend.commit([.insert(fresh), .upsert(manual), .upsert(fresh)]).keys
      #expect(Set(keys).count == 3)
      #expect(keys[1] == manual.key)
      #expect(try await backend.lookup(keys).found.count == 3)
      #expect(try await backend.lookup([Key("K", id: 8)]).found == [manual])
    }

    @Test func `A commit that finds no free ID in a hundred draws writes nothing`() async throws {
      let numbers = Numbers([5])
      let backend = try backend(numbers)
      _ = try await backend.commit([.insert(Entity(Key("K", id: 5)))])
      let error = await #expect(throws: DatastoreError.self) {
        try await backend.commit([
          .upsert(Entity(Key("L", id: 1))), .insert(Entity(Key(incomplete: "K"))),
        ])
      }
      #expect(error?.code == .internal)
      #expect(numbers.drawn == 100)
      #expect(try await backend.lookup([Key("L", id: 1)]).found.isEmpty)
    }

    @Test func `Automatic IDs have sixteen digits and fit a Double`() {
      for _ in 0..<1_000 {
        let id = AutomaticID.next()
        #expect(String(id).count == 16)
        #expect(Int64(Double(id)) == id)
      }
    }

    @Test func `Requests beyond the limits and unusable keys are refused before writing`()
      async throws
    {
      let backend = try SQLiteBackend.inMemory()
      let keys = (0..<1_001).map { Key("K", name: "\($0)") }
      let deep = Entity(
        Key("K", id: 1),
        ["a": .indexed((0..<100).reduce(.null) { inner, _ in .array([inner]) })])
      let commits: [[Mutation]] = [
        [.upsert(Entity(keys[0])), .delete(keys[0])],
        [.insert(Entity(keys[0])), .upsert(Entity())],
        [.insert(Entity(keys[0])), .upsert(deep)],
      ]
      for commit in commits {
        let error = await #expect(throws: DatastoreError.self) { try await backend.commit(commit) }
        #expect(error?.code == .invalidArgument)
      }
      #expect(try await backend.lookup([keys[0]]).found.isEmpty)
      for keys in [keys, [Key(incomplete: "K")]] {
        let error = await #expect(throws: DatastoreError.self) { try await backend.lookup(keys) }
        #expect(error?.code == .invalidArgument)
      }
    }

    @Test func `A commit may have more mutations than a datastore sends`() async throws {
      let backend = try SQLiteBackend.inMemory()
      let keys = (1...10_500).map { Key("K", id: Int64($0)) }
      let reply = try await backend.commit(keys.map { .upsert(Entity($0)) })
      #expect(reply.keys.count == keys.count)
      _ = try await backend.commit(keys.map { .delete($0) })
      #expect(try await backend.lookup([keys[0], keys[10_499]]).found.isEmpty)
    }

    @Test func `Equal keys of one lookup are answered once`() async throws {
      let backend = try SQLiteBackend.inMemory()
      let key = Key("K", id: 1)
      _ = try await backend.commit([.insert(Entity(key))])
      #expect(try await backend.lookup([key, key, Key("K", id: 2), key]).found == [Entity(key)])
    }

    @Test func `Calls after close fail with failedPrecondition and the path`() async throws {
      let folder = try TemporaryFolder()
      let backend = try SQLiteBackend(path: folder.file("store"))
      try await backend.close()
      let commit = await #expect(throws: DatastoreError.self) {
        try await backend.commit([.delete(Key("K", id: 1))])
      }
      let lookup = await #expect(throws: DatastoreError.self) {
        try await backend.lookup([Key("K", id: 1)])
      }
      for error in [commit, lookup] {
        #expect(error?.code == .failedPrecondition)
        #expect(error?.message.contains(folder.path) == true)
      }
    }

    @Test func `Closing waits for the calls in flight, and each has its outcome`() async throws {
      for _ in 0..<20 {
        let folder = try TemporaryFolder()
        let backend = try SQLiteBackend(path: folder.file("store"))
        await withTaskGroup(of: Void.self) { group in
          for task in 0..<16 {
            group.addTask {
              do {
                _ = try await backend.commit([.upsert(Entity(Key("K", name: "\(task)")))])
                _ = try await backend.lookup([Key("K", name: "\(task)")])
              } catch let error as DatastoreError {
                #expect(error.code == .failedPrecondition)
              } catch {
                Issue.record(error)
              }
            }
          }
          group.addTask { await #expect(throws: Never.self) { try await backend.close() } }
        }
      }
    }
  }
#endif
