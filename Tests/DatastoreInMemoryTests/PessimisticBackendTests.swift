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
}
