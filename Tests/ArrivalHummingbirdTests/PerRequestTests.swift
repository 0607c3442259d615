// SPDX-License-Identifier: Apache-2.0
#if Hummingbird
  import Arrival
  import ArrivalHummingbird
  import ArrivalTesting
  import Hummingbird
  import HummingbirdTesting
  import Synchronization
  import Testing

  @Suite struct PerRequestTests {
    private let router = Router()

    init() { router.add(middleware: ArrivalMiddleware()) }

    private func makeNumbers() -> PerRequest<Int> {
      let made = Counter()
      return PerRequest { made.next() }
    }

    private final class Counter: Sendable {
      private let count = Mutex(0)

      func next() -> Int {
        count.withLock {
          $0 += 1
          return $0
        }
      }
    }

    @Test func `Each request has its own values`() async throws {
      let numbers = makeNumbers()
      router.get("number") { _, _ in
        async let child = numbers.current
        let tasklet = try await Future { numbers.current }.value
        return "\(numbers.current) \(await child) \(tasklet)"
      }
      #expect(try await router.response("/number").text == "1 1 1")
      #expect(try await router.response("/number").text == "2 2 2")
    }

    @Test func `Outside of requests each value is a new one`() {
      let numbers = makeNumbers()
      #expect([numbers.current, numbers.current] == [1, 2])
    }

    @Test func `A job has its own values, and one inside it as well`() async throws {
      let numbers = makeNumbers()
      await withRequestValues {
        #expect([numbers.current, numbers.current] == [1, 1])
        await withRequestValues { #expect(numbers.current == 2) }
        #expect(numbers.current == 1)
      }
      #expect(numbers.current == 3)
    }

    @Test(.arrival) func `Requests with caches of their own share calls`() async throws {
      let backend = FakeBackend([1: "Ann", 2: "Bob"], latency: .seconds(1))
      let all = Batcher<Int, String>("users") { (ids: [Int]) in try await backend.load(ids) }
      let users = PerRequest { all.scoped(cache: .lru(1_000)) }
      let requests = [1, 2].map { id in
        Future {
          try await withRequestValues {
            let first = try await users.current.load(id).value
            let second = try await users.current.load(id).value
            return [first, second]
          }
        }
      }
      #expect(try await Future.all(requests).value == [["Ann", "Ann"], ["Bob", "Bob"]])
      #expect(backend.calls.map { Set($0.keys) } == [[1, 2]])
    }
  }
#endif
