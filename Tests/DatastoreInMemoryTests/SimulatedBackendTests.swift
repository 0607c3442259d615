// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalDatastore
import ArrivalTesting
import DatastoreInMemory
import Testing

@Suite struct SimulatedBackendTests {
  private let backend = SimulatedBackend()
  private let key = Key("Thing", id: 1)

  @Test func `Calls are recorded and passed on`() async throws {
    let datastore = Datastore(backend: backend)
    _ = try await datastore.put(Entity(key, ["n": 1])).value
    let entity = try await datastore.get(key).value
    #expect(entity?.properties["n"] == 1)
    #expect(backend.calls.map(\.method) == [.commit, .lookup])
    #expect(backend.calls.allSatisfy { $0.keys == [key] && $0.number == 1 })
  }

  @Test func `A rule fails a call, and nothing is done`() async throws {
    backend.when({ $0.method == .commit && $0.number == 1 }, .fail(.init(.unavailable, "a test")))
    await #expect(throws: DatastoreError.self) { try await backend.commit([.upsert(Entity(key))]) }
    #expect(try await backend.lookup([key]).found.isEmpty)
    _ = try await backend.commit([.upsert(Entity(key))])
  }

  @Test func `A lost reply is that of work that was done`() async throws {
    backend.when({ $0.method == .commit }, .loseReply(.init(.unavailable, "a test")))
    await #expect(throws: DatastoreError.self) { try await backend.commit([.upsert(Entity(key))]) }
    #expect(try await backend.lookup([key]).found.first?.key == key)
  }

  @Test(.arrival) func `The latency is on the clock of the calling code`() async throws {
    let time = try #require(ManualTime.current)
    let backend = SimulatedBackend(latency: .seconds(20))
    let datastore = Datastore(backend: backend)
    let limited = datastore.get(key).timeout(after: .seconds(30))
    #expect(try await limited.value == nil)
    #expect(time.now == .seconds(20))
    backend.when({ $0.number == 2 }, .wait(.seconds(3600)))
    await #expect(throws: TimeoutError.self) {
      try await datastore.get(key).timeout(after: .seconds(30)).value
    }
    #expect(time.now == .seconds(50))
  }

  @Test func `A read with options is one call`() async throws {
    _ = try await backend.commit([.upsert(Entity(key, ["n": 1, "m": 2]))])
    var options = ReadOptions(.eventual)
    options.propertyMask = ["n"]
    let found = try await backend.lookup([key], options: options).found
    #expect(found.first?.properties.keys.sorted() == ["n"])
    #expect(backend.calls.map(\.method) == [.commit, .lookup])
  }
}
