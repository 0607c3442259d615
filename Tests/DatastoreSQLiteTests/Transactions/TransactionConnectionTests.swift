#if SQLite
  import ArrivalDatastore
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
        path: folder.file("store"), configuration: .init(maximumTransactions: 2))
    }

    private func begin() -> Task<TransactionID, any Error> {
      Task { [backend] in try await backend.beginTransaction(.readWrite()) }
    }

    /// Fails when the test's time is over, where a loop without an end would hang.
    private func until(_ condition: () -> Bool) async throws {
      while !condition() {
        try Task.checkCancellation()
        await Task.yield()
      }
    }

    private func untilWaiting(_ count: Int) async throws {
      try await until { backend.transactions.turns.waitingCount == count }
    }

    @Test("A transaction that begins while all connections are taken waits its turn")
    func turns() async throws {
      _ = try await backend.commit([.insert(Entity(Key("K", id: 1)))])
      let first = try await begin().value
      let second = try await begin().value
      let third = begin()
      try await untilWaiting(1)
      let fourth = begin()
      try await untilWaiting(2)
      // The end of a transaction, whichever it is, is the beginning of the next.
      _ = try await backend.commit(
        [.insert(Entity(Key("K", id: 2)))], in: .running(first))
      // Its state may be from before that commit: the connection is free as soon as nothing is read.
      let id = try await third.value
      #expect(try await backend.lookup([Key("K", id: 1)], in: .running(id)).found.count == 1)
      #expect(backend.transactions.turns.waitingCount == 1)
      try await backend.rollback(second)
      _ = try await fourth.value
      #expect(backend.transactions.turns.takenCount == 2)
      try await backend.close()
    }

    @Test("Many transactions at once get through on few connections, and give all of them back")
    func many() async throws {
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
      try await until { backend.transactions.turns.takenCount == 0 }
      #expect(backend.transactions.snapshots.openCount <= 2)
      try await backend.close()
    }

    @Test("One that is cancelled while it waits leaves the line")
    func cancelling() async throws {
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

    @Test("Closing ends the waiting, and does not wait for the transactions that are waited for")
    func closing() async throws {
      _ = (try await begin().value, try await begin().value)
      let third = begin()
      try await untilWaiting(1)
      try await backend.close()
      let error = await #expect(throws: DatastoreError.self) { _ = try await third.value }
      #expect(error?.code == .failedPrecondition)
    }

    @Test("Transactions that wait for others which get no connection fail with what is wrong")
    func lockUp() async throws {
      // The machine may be slow: what comes after this is not earlier.
      let before = ContinuousClock.now
      let ids = [try await begin().value, try await begin().value]
      let inner = begin()
      try await untilWaiting(1)
      backend.transactions.look(now: before + .seconds(59))
      #expect(backend.transactions.turns.waitingCount == 1)
      backend.transactions.look(now: .now + .seconds(61))
      let error = await #expect(throws: DatastoreError.self) { _ = try await inner.value }
      #expect(error?.code == .resourceExhausted)
      #expect(error?.message.contains("let no transaction wait for another") == true)
      // Whoever waited for it gives up, and all goes on.
      for id in ids { try await backend.rollback(id) }
      _ = (try await begin().value, try await begin().value)
      try await backend.close()
    }

    @Test("One left alone for minutes makes room for those who wait")
    func forgotten() async throws {
      let old = try await begin().value
      _ = try await begin().value
      let third = begin()
      try await untilWaiting(1)
      let late = ContinuousClock.now + OpenTransactions.maximumIdle + .seconds(1)
      backend.transactions.look(now: late)
      _ = try await third.value
      let error = await #expect(throws: DatastoreError.self) {
        try await backend.lookup([Key("K", id: 1)], in: .running(old))
      }
      #expect(error?.code == .invalidArgument)
      try await backend.close()
    }

    @Test("Where the process may open no more files the error says so")
    func noMoreFiles() async {
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
