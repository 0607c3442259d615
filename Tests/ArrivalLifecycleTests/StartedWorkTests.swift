// SPDX-License-Identifier: Apache-2.0
#if Lifecycle
  import Arrival
  import ArrivalDatastore
  import ArrivalLifecycle
  import ArrivalTesting
  import DatastoreInMemory
  import Testing

  @Suite struct StartedWorkTests {
    private struct Oops: Error, Hashable {}

    @Test(.arrival) func `It waits for tasklets that nobody awaits, and for theirs`() async throws {
      let time = try #require(ManualTime.current)
      let value = try await awaitingStartedWork {
        _ = Future("outer") {
          try await Future.sleep(for: .seconds(1)).value
          _ = Future("inner") { try await Future.sleep(for: .seconds(2)).value }
        }
        return 7
      }
      #expect(value == 7)
      #expect(time.now == .seconds(3))
    }

    @Test(.arrival) func `It waits for loads that nobody awaits`() async throws {
      let time = try #require(ManualTime.current)
      let backend = FakeBackend([1: "Ann"], latency: .seconds(1))
      let users = Batcher<Int, String>("users") { (ids: [Int]) in try await backend.load(ids) }
      try await awaitingStartedWork { _ = users.load(1) }
      #expect(time.now == .seconds(1))
      #expect(backend.calls.count == 1)
    }

    private func makeWrites(_ backend: FakeBackend<Int, String>) -> Batcher<Int, String> {
      Batcher("writes", configuration: .init(deduplicates: false), conflicts: .by { $0 }) {
        (ids: [Int]) in try await backend.load(ids)
      }
    }

    @Test(.arrival) func `It waits for loads that are held behind others`() async throws {
      let time = try #require(ManualTime.current)
      let writes = makeWrites(FakeBackend([1: "Ann"], latency: .seconds(1)))
      try await awaitingStartedWork {
        _ = writes.load(1)
        _ = writes.load(1)
      }
      #expect(time.now == .seconds(2))
    }

    @Test(.arrival) func `It waits for a load that is held behind the load of another body`()
      async throws
    {
      let time = try #require(ManualTime.current)
      let writes = makeWrites(FakeBackend([1: "Ann"], latency: .seconds(1)))
      let first = writes.load(1)
      try await awaitingStartedWork { _ = writes.load(1) }
      #expect(time.now == .seconds(2))
      _ = try await first.value
      try await awaitingStartedWork { _ = writes.load(2) }
      #expect(time.now == .seconds(3))
    }

    @Test(.arrival) func `A held load that is cancelled is not waited for`() async throws {
      let time = try #require(ManualTime.current)
      let writes = makeWrites(FakeBackend([1: "Ann"], latency: .seconds(60)))
      _ = writes.load(1)
      try await awaitingStartedWork {
        let held = writes.load(1)
        _ = Future { held.cancel() }
      }
      #expect(time.now == .zero)
    }

    @Test(.arrival) func `A held load that does not end in time is named`() async throws {
      let writes = makeWrites(FakeBackend([1: "Ann"], latency: .seconds(60)))
      _ = writes.load(1)
      let error = try await #require(throws: UnfinishedWork.self) {
        try await awaitingStartedWork(within: .seconds(5)) { _ = writes.load(1) }
      }
      #expect(error.pending == ["writes held_1"])
    }

    @Test(.arrival) func `It waits for puts of one entity that nobody awaits`() async throws {
      let time = try #require(ManualTime.current)
      let backend = SimulatedBackend(latency: .seconds(1))
      let datastore = Datastore(backend: backend)
      let key = Key("Visit", id: 1)
      try await awaitingStartedWork {
        _ = datastore.put(Entity(key, ["n": 1]))
        _ = datastore.put(Entity(key, ["n": 2]))
      }
      #expect(time.now == .seconds(2))
      #expect(try await datastore.get(key).value?["n"] == 2)
    }

    @Test(.arrival) func `What others start is not waited for`() async throws {
      let time = try #require(ManualTime.current)
      let other = Future { try await Future.sleep(for: .seconds(60)).value }
      try await awaitingStartedWork {
        _ = Future { try await Future.sleep(for: .seconds(1)).value }
      }
      #expect(time.now == .seconds(1))
      other.cancel()
    }

    @Test(.arrival) func `What does not end in time is named`() async throws {
      let gate = Promise<Int>()
      let error = try await #require(throws: UnfinishedWork.self) {
        try await awaitingStartedWork(within: .seconds(5)) {
          _ = Future("mail") { await gate.future.wait() }
        }
      }
      #expect(error.pending.count == 1)
      #expect(error.description.contains("\"mail\""))
      gate.succeed(1)
    }

    @Test(.arrival) func `An error of the body is thrown after the rest has ended`() async throws {
      let time = try #require(ManualTime.current)
      await #expect(throws: Oops()) {
        try await awaitingStartedWork {
          _ = Future { try await Future.sleep(for: .seconds(1)).value }
          throw Oops()
        }
      }
      #expect(time.now == .seconds(1))
    }
  }
#endif
