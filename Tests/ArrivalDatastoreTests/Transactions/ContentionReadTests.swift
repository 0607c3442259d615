// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Testing

@testable import ArrivalDatastore

/// Which reads wait for a turn while other transactions take turns.
@Suite struct ContentionReadTests {
  private let manual = ManualExecutor()
  private let backend = LockingBackend()

  private func key(_ name: String) -> Key { Key("Thing", name: name) }

  @Test func `A transaction that has read already does not wait at contended entities`() throws {
    let datastore = Datastore(backend: backend, on: manual.executor)
    let hot = key("hot")
    for _ in 0..<4 {
      _ = datastore.transaction { tx in
        _ = try await tx.get(hot).value
        try await Future.sleep(for: .milliseconds(5)).value
        tx.put(Entity(hot, ["n": 1]))
      }
    }
    // They have met, and the first of them is on its second attempt.
    manual.advance(by: .milliseconds(2_010))
    #expect(backend.aborted == 3)
    let reads = Lock(0)
    let keys = [key("cold"), hot]
    let late = datastore.transaction { tx in
      for key in keys {
        _ = try await tx.get(key).value
        reads.withLock { $0 += 1 }
      }
    }
    // Others may wait for what it holds. A lookup takes up to a millisecond to leave and one more.
    manual.advance(by: .milliseconds(5))
    #expect(reads.withLock { $0 } == 2)
    manual.advance(by: .milliseconds(100))
    #expect(late.done())
  }
}
