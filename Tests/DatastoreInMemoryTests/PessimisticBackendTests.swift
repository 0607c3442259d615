// SPDX-License-Identifier: Apache-2.0
import DatastoreContractTests
import DatastoreEngine
import DatastoreInMemory
import DatastoreModel
import Testing

@Suite struct PessimisticBackendTests {
  private let key = Key("Counter", id: 1)
  private let other = Key("Counter", id: 2)

  private func backend() -> PessimisticBackend {
    var configuration = PessimisticBackend.Configuration()
    configuration.writeLimit = .milliseconds(50)
    return PessimisticBackend(InMemoryBackend(), configuration: configuration)
  }

  private func entity(_ key: Key, _ count: Int64) -> Entity {
    Entity(key, ["count": .init(.integer(count))])
  }

  @Test func `Twelve transactions on one entity all commit`() async throws {
    let backend = backend()
    _ = try await backend.commit([.upsert(entity(key, 0))])
    try await withThrowingTaskGroup { group in
      for _ in 0..<12 {
        group.addTask {
          let id = try await backend.beginTransaction(.readWrite())
          let read = try await backend.lookup([key], in: .running(id)).found.first
          guard case .integer(let count)? = read?["count"] else { return }
          _ = try await backend.commit([.upsert(entity(key, count + 1))], in: .running(id))
        }
      }
      try await group.waitForAll()
    }
    #expect(try await backend.lookup([key]).found.first?["count"] == .integer(12))
    #expect(backend.isIdle)
  }

  @Test func `A write that meets a lock is aborted, and the transaction commits`() async throws {
    let backend = backend()
    _ = try await backend.commit([.upsert(entity(key, 0))])
    let id = try await backend.beginTransaction(.readWrite())
    _ = try await backend.lookup([key], in: .running(id))
    let error = await #expect(throws: DatastoreError.self) {
      try await backend.commit([.upsert(entity(key, 7))])
    }
    #expect(error?.code == .aborted)
    _ = try await backend.commit([.upsert(entity(key, 1))], in: .running(id))
    #expect(try await backend.lookup([key]).found.first?["count"] == .integer(1))
    _ = try await backend.commit([.upsert(entity(key, 2))])
    #expect(backend.isIdle)
  }

  @Test func `A deadlock ends with exactly one transaction aborted`() async throws {
    let backend = backend()
    let first = try await backend.beginTransaction(.readWrite())
    let second = try await backend.beginTransaction(.readWrite())
    _ = try await backend.lookup([key], in: .running(first))
    _ = try await backend.lookup([other], in: .running(second))
    let aborted = try await withThrowingTaskGroup(of: Bool.self) { group in
      for (id, next) in [(first, other), (second, key)] {
        group.addTask {
          do {
            _ = try await backend.lookup([next], in: .running(id))
            _ = try await backend.commit([.upsert(entity(next, 1))], in: .running(id))
            return false
          } catch let error as DatastoreError where error.code == .aborted {
            return true
          }
        }
      }
      return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
    }
    #expect(aborted == 1)
    #expect(backend.isIdle)
  }

  @Test func `A query keeps new entities of its kind away`() async throws {
    let backend = backend()
    let id = try await backend.beginTransaction(.readWrite())
    _ = try await backend.query(QueryRequest(kind: "Counter"), in: .running(id))
    await #expect(throws: DatastoreError.self) {
      try await backend.commit([.insert(entity(key, 7))])
    }
    _ = try await backend.commit([.insert(Entity(Key("Note", id: 1), [:]))])
    try await backend.rollback(id)
    _ = try await backend.commit([.insert(entity(key, 7))])
    #expect(backend.isIdle)
  }

  @Test func `A transaction that is rolled back while it waits gets no lock`() async throws {
    let backend = backend()
    let first = try await backend.beginTransaction(.readWrite())
    let second = try await backend.beginTransaction(.readWrite())
    _ = try await backend.lookup([key], in: .running(first))
    let waiting = Task { try await backend.lookup([key], in: .running(second)) }
    try await backend.rollback(second)
    try await backend.rollback(first)
    await #expect(throws: DatastoreError.self) { _ = try await waiting.value }
    #expect(backend.isIdle)
  }

  @Test func `Reads outside of transactions wait for nobody`() async throws {
    let backend = backend()
    _ = try await backend.commit([.upsert(entity(key, 1))])
    let id = try await backend.beginTransaction(.readWrite())
    _ = try await backend.lookup([key], in: .running(id))
    #expect(try await backend.lookup([key]).found.count == 1)
    let reading = try await backend.beginTransaction(.readOnly())
    #expect(try await backend.lookup([key], in: .running(reading)).found.count == 1)
    try await backend.rollback(reading)
    try await backend.rollback(id)
  }

  // MARK: Callers that give up

  /// A transaction that has locked the key, and another one.
  private func contended() async throws -> (
    PessimisticBackend, holder: TransactionID, other: TransactionID
  ) {
    let backend = PessimisticBackend(InMemoryBackend())
    let holder = try await backend.beginTransaction(.readWrite())
    _ = try await backend.lookup([key], in: .running(holder))
    return (backend, holder, try await backend.beginTransaction(.readWrite()))
  }

  /// Starts a call that must wait for a lock, and cancels it while it waits.
  private func giveUp<Reply: Sendable>(
    on backend: PessimisticBackend, _ call: @escaping @Sendable () async throws -> Reply
  ) async throws {
    let waiting = Task { try await call() }
    while backend.waitingCount == 0 {
      try Task.checkCancellation()
      await Task.yield()
    }
    waiting.cancel()
    await #expect(throws: CancellationError.self) { _ = try await waiting.value }
  }

  @Test func `A read that is cancelled while it waits gets no lock, and its transaction goes on`()
    async throws
  {
    let (backend, holder, second) = try await contended()
    _ = try await backend.lookup([other], in: .running(second))
    try await giveUp(on: backend) { try await backend.lookup([key], in: .running(second)) }
    try await backend.rollback(holder)
    // Nobody has the key now.
    _ = try await backend.commit([.upsert(entity(key, 7))])
    _ = try await backend.commit([.upsert(entity(other, 1))], in: .running(second))
    #expect(backend.isIdle)
  }

  @Test func `A read that is cancelled before it begins to wait gets no lock`() async throws {
    let backend = PessimisticBackend(InMemoryBackend())
    let id = try await backend.beginTransaction(.readWrite())
    let reading = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try await backend.lookup([key], in: .running(id))
    }
    await #expect(throws: CancellationError.self) { _ = try await reading.value }
    #expect(backend.isIdle)
  }

  @Test func `A read that would begin a transaction leaves none behind if it is cancelled`()
    async throws
  {
    let (backend, holder, _) = try await contended()
    try await giveUp(on: backend) {
      try await backend.lookup([key], in: .begin(.readWrite()))
    }
    try await backend.rollback(holder)
    #expect(backend.isIdle)
  }

  @Test func `A write that is cancelled while it waits writes nothing`() async throws {
    let (backend, holder, _) = try await contended()
    try await giveUp(on: backend) { try await backend.commit([.upsert(entity(key, 7))]) }
    try await backend.rollback(holder)
    #expect(backend.isIdle)
    #expect(try await backend.lookup([key]).found.isEmpty)
  }

  @Test func `A commit that is cancelled while it waits can be repeated`() async throws {
    let (backend, holder, second) = try await contended()
    try await giveUp(on: backend) {
      try await backend.commit([.upsert(entity(key, 7))], in: .running(second))
    }
    try await backend.rollback(holder)
    #expect(try await backend.lookup([key]).found.isEmpty)
    _ = try await backend.commit([.upsert(entity(key, 8))], in: .running(second))
    #expect(try await backend.lookup([key]).found.first?["count"] == .integer(8))
    #expect(backend.isIdle)
  }

  @Test func `An idle transaction gives way to one that wants its lock`() async throws {
    let (backend, holder, second) = try await contended()
    let waiting = Task { try await backend.lookup([key], in: .running(second)) }
    while backend.waitingCount == 0 {
      try Task.checkCancellation()
      await Task.yield()
    }
    backend.endIdle(now: .now + .seconds(61))
    _ = try await waiting.value
    let error = await #expect(throws: DatastoreError.self) {
      try await backend.commit([.upsert(entity(key, 1))], in: .running(holder))
    }
    #expect(error?.code == .invalidArgument)
    try await backend.rollback(second)
    #expect(backend.isIdle)
  }

  @Test func `Closing ends the waits for locks`() async throws {
    let (backend, _, second) = try await contended()
    let waiting = Task { try await backend.lookup([key], in: .running(second)) }
    while backend.waitingCount == 0 {
      try Task.checkCancellation()
      await Task.yield()
    }
    try await backend.close()
    let ended = await #expect(throws: DatastoreError.self) { _ = try await waiting.value }
    #expect(ended?.code == .aborted)
    let late = await #expect(throws: DatastoreError.self) {
      try await backend.commit([.upsert(entity(key, 1))])
    }
    #expect(late?.code == .failedPrecondition)
  }
}
