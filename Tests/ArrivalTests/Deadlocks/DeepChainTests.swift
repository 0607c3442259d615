// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Synchronization
import Testing

@testable import Arrival

/// 10,000 tasklets each of which blocks for the next, on an executor of one thread.
@Suite struct DeepChainTests {
  private static let length = 10_000
  /// A chain needs one thread for each 128 links; see rule 10 of the concurrency contract.
  private static let threads = length / 128 + 2

  /// The outermost is started first and starts what it waits for: each link runs in place.
  @Test func `A chain in which each starts the next needs a thread for 128 links`() throws {
    let executor = TaskletExecutor("deep", configuration: .init(threads: 1))
    #expect(try nest(Self.length, on: executor).detached.getResult() == Self.length)
    #expect(executor.statistics().threadsStarted <= Self.threads)
    executor.shutdown()
  }

  /// All are there before the first runs: the outermost is the first in the queue, or the last.
  @Test(arguments: [true, false])
  func `A chain that exists from the start needs no more threads`(outermostFirst: Bool) throws {
    let executor = TaskletExecutor("deep", configuration: .init(threads: 1))
    let links = Links(count: Self.length)
    let opened = Counter()
    // Keeps the only thread, without a wait that Arrival knows of, until all links are there.
    _ = Future(on: executor) { spin { opened.value == 1 } }
    let order = Array(0..<Self.length)
    for index in outermostFirst ? order : order.reversed() {
      let link = Future(on: executor) {
        try (links[index + 1]?.getResult() ?? 0) + 1
      }
      links[index] = link
    }
    opened.raise()
    let outermost = try #require(links[0])
    #expect(try outermost.detached.getResult() == Self.length)
    #expect(executor.statistics().threadsStarted <= Self.threads)
    executor.shutdown()
  }
}

/// The links of a chain, that any of them may look up.
private final class Links: Sendable {
  private let futures: Mutex<[Future<Int>?]>

  init(count: Int) { futures = Mutex(Array(repeating: nil, count: count + 1)) }

  subscript(index: Int) -> Future<Int>? {
    get { futures.withLock { $0[index] } }
    set { futures.withLock { $0[index] = newValue } }
  }
}

private func nest(_ depth: Int, on executor: TaskletExecutor) -> Future<Int> {
  Future(on: executor) { depth == 0 ? 0 : try nest(depth - 1, on: executor).getResult() + 1 }
}
