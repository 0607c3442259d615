// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import DatastoreModel
  import Testing

  @testable import DatastoreSQLite

  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #elseif canImport(Darwin)
    import Darwin
  #endif

  /// Transactions share a bounded number of connections.
  @Suite(.timeLimit(.minutes(1))) struct TransactionConnectionTests {
    private let folder: TemporaryFolder
    private let backend: SQLiteBackend

    init() throws {
      folder = try TemporaryFolder()
      backend = try SQLiteBackend(
        path: folder.file("store"), configuration: .init(maxTransactions: 2))
    }

    private func begin() -> Task<TransactionID, any Error> {
      Task { [backend] in try await backend.beginTransaction(.readWrite()) }
    }

    /// Waits for a condition. When the test's time is over, this fails, where an endless loop would
    /// hang.
    private func until(_ condition: () -> Bool) async throws {
      while !condition() {
        try Task.checkCancellation()
        await Task.yield()
      }
    }

    private func untilWaiting(_ count: Int) async throws {
      try await until { backend.transactions.limiter.waitingCount == count }
    }

    @Test func `A transaction waits while all connections are taken`() async throws {
      _ = try await backend.commit([.insert(Entity(Key("K", id: 1)))])
      let first = try await begin().value
      let second = try await begin().value
      let third = begin()
      try await untilWaiting(1)
      let fourth = begin()
      try await untilWaiting(2)
      // When any transaction ends, the one that has waited longest begins.
      _ = try await backend.commit(
        [.insert(Entity(Key("K", id: 2)))], in: .running(first))
      // Its snapshot may be from before that commit, because the connection is free as soon as no
      // read runs in it.
      let id = try await third.value
      #expect(try await backend.lookup([Key("K", id: 1)], in: .running(id)).found.count == 1)
      #expect(backend.transactions.limiter.waitingCount == 1)
      try await backend.rollback(second)
      _ = try await fourth.value
      #expect(backend.transactions.limiter.heldCount == 2)
      try await backend.close()
    }

    @Test func `Many transactions finish on few connections and give all of them back`()
      async throws
    {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 1...200 {
          group.addTask { [backend] in
            let id = try await backend.beginTransaction(.readWrite())
            let key = Key("K", id: Int64(number))
            _ = try await backend.lookup([key], in: .running(id))
            if number % 3 == 0 {
              try await backend.rollback(id)
            } else {
              _ = try await backend.commit([.insert(Entity(key))], in: .running(id))
            }
          }
        }
        try await group.waitForAll()
      }
      try await until { backend.transactions.limiter.heldCount == 0 }
      #expect(backend.transactions.snapshots.openCount <= 2)
      try await backend.close()
    }

    @Test func `A transaction cancelled while it waits leaves the queue`() async throws {
      let first = try await begin().value
      _ = try await begin().value
      let third = begin()
      try await untilWaiting(1)
      third.cancel()
      await #expect(throws: CancellationError.self) { _ = try await third.value }
      try await untilWaiting(0)
      try await backend.rollback(first)
      _ = try await begin().value
      try await backend.close()
    }

    @Test func `Closing ends the waits without waiting for the other transactions`() async throws {
      _ = (try await begin().value, try await begin().value)
      let third = begin()
      try await untilWaiting(1)
      try await backend.close()
      let error = await #expect(throws: DatastoreError.self) { _ = try await third.value }
      #expect(error?.code == .failedPrecondition)
    }

    @Test func `Transactions that wait for others without a connection fail with the reason`()
      async throws
    {
      // The machine may be slow, so this is taken before the transactions begin.
      let before = ContinuousClock.now
      let ids = [try await begin().value, try await begin().value]
      let inner = begin()
      try await untilWaiting(1)
      backend.transactions.checkForStall(now: before + .seconds(59))
      #expect(backend.transactions.limiter.waitingCount == 1)
      backend.transactions.checkForStall(now: .now + .seconds(61))
      let error = await #expect(throws: DatastoreError.self) { _ = try await inner.value }
      #expect(error?.code == .resourceExhausted)
      #expect(error?.message.contains("let no transaction wait for another") == true)
      // When the holders give up, others can begin.
      for id in ids { try await backend.rollback(id) }
      _ = (try await begin().value, try await begin().value)
      try await backend.close()
    }

    @Test func `An idle transaction makes room for the next in the queue`() async throws {
      let old = try await begin().value
      _ = try await begin().value
      let third = begin()
      try await untilWaiting(1)
      let late = ContinuousClock.now + OpenTransactions.maxIdle + .seconds(1)
      backend.transactions.checkForStall(now: late)
      _ = try await third.value
      let error = await #expect(throws: DatastoreError.self) {
        try await backend.lookup([Key("K", id: 1)], in: .running(old))
      }
      #expect(error?.code == .invalidArgument)
      try await backend.close()
    }

    @Test func `The error says if the process may open no more files`() async {
      await #expect(processExitsWith: .success) {
        var limit = rlimit()
        #if canImport(Glibc)
          let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
          let resource = RLIMIT_NOFILE
        #endif
        try #require(getrlimit(resource, &limit) == 0)
        limit.rlim_cur = 60
        try #require(setrlimit(resource, &limit) == 0)
        let folder = try TemporaryFolder()
        let backend = try SQLiteBackend(path: folder.file("store"))
        let error = await #expect(throws: DatastoreError.self) {
          for _ in 0..<64 { _ = try await backend.beginTransaction(.readOnly()) }
        }
        #expect(error?.code == .resourceExhausted)
        #expect(error?.message.contains("files open") == true)
        try await backend.close()
      }
    }
  }
#endif
