// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Testing

struct FakeBackendTests {
  private let backend = FakeBackend([1: "Ann", 2: "Bob"], latency: .milliseconds(20))
  private var users: Batcher<Int, String> {
    Batcher("users") { [backend] (ids: [Int]) in try await backend.load(ids) }
  }

  @Test(.arrival) func `A call takes the latency and answers from the table`() async throws {
    let users = users
    let all = try await Future.all([users.load(1), users.load(2)]).value
    #expect(all == ["Ann", "Bob"])
    #expect(backend.calls.map(\.keys) == [[1, 2]])
    #expect(ManualTime.current?.now == .milliseconds(20))
  }

  @Test(.arrival) func `A rule fails a call, and later ones succeed`() async throws {
    backend.when({ $0.number == 1 }, .fail(Oops()))
    let users = users
    await #expect(throws: Oops()) { try await users.load(1).value }
    #expect(try await users.load(1).value == "Ann")
    #expect(backend.calls.count == 2)
  }

  @Test(.arrival) func `A rule slows calls down or keeps them from ending`() async throws {
    backend.when({ $0.keys.contains(2) }, .wait(.seconds(60)))
    backend.when({ $0.keys.contains(3) }, .hang)
    let users = users
    #expect(try await users.load(2).value == "Bob")
    #expect(ManualTime.current?.now == .seconds(60))
    await #expect(throws: TimeoutError.self) {
      try await users.load(3, within: .seconds(3600)).value
    }
    #expect(ManualTime.current?.now == .seconds(3660))
  }
}
