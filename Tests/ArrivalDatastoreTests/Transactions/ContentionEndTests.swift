// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Testing

@testable import ArrivalDatastore

/// What transactions leave behind that end while others wait for them.
@Suite struct ContentionEndTests {
  private struct Regret: Error {}

  private let manual = ManualExecutor()
  private let backend = LockingBackend()
  private let datastore: Datastore
  private let key = Key("Thing", name: "sum")

  init() { datastore = Datastore(backend: backend, on: manual.executor) }

  /// Starts transactions that meet; each runs `body` with the number of its attempt among all.
  private func meet(
    _ count: Int, _ body: @escaping @Sendable (Int) throws -> Void = { _ in }
  ) -> [Future<Void>] {
    let attempts = Lock(0)
    return (0..<count).map { _ in
      datastore.transaction { [key] tx in
        let number = attempts.withLock { attempts in
          attempts += 1
          return attempts
        }
        let old = try await tx.get(key).value?["n"]?.integerValue ?? 0
        try await Future.sleep(for: .milliseconds(5)).value
        try body(number)
        tx.put(Entity(key, ["n": .indexed(.integer(old + 1))]))
      }
    }
  }

  @Test func `A transaction that throws during its turn lets the next one run`() {
    let futures = meet(2) { attempt in if attempt == 3 { throw Regret() } }
    manual.advance(by: .milliseconds(2_100))
    #expect(futures.count { $0.getException() is Regret } == 1)
    let late = meet(1)[0]
    manual.advance(by: .milliseconds(10))
    #expect(late.done())
    #expect(backend.number(key) == 2)
  }

  @Test func `A transaction that is cancelled while it waits for its turn reads nothing`() {
    let futures = meet(4)
    manual.advance(by: .milliseconds(2_010))
    let late = meet(1)[0]
    manual.run()
    let lookups = datastore.statistics().lookups.count
    late.cancel()
    manual.run()
    #expect(late.getException() is CancellationError)
    #expect(datastore.statistics().lookups.count == lookups)
    manual.advance(by: .milliseconds(100))
    #expect(futures.allSatisfy { $0.done() })
  }

  @Test func `A transaction that has waited for its turn does not wait again`() {
    let futures = meet(12)
    // One wait of up to ten milliseconds and eleven attempts of seven, with room for rounding.
    manual.advance(by: .milliseconds(2_000 + 10 + 11 * 7 + 40))
    #expect(futures.allSatisfy { $0.done() })
    #expect(backend.number(key) == 12)
  }
}
