// SPDX-License-Identifier: Apache-2.0
internal import Arrival

private let loads = 100_000

extension Comparison {
  /// One tasklet per thread of the executor loads into one batcher.
  static let loadsByThreads = Comparison(
    "batcher load and delivery by an executor's threads", operations: loads, rounds: 30,
    [
      contender("Arrival", 1), contender("Arrival, 2 threads", 2),
      contender("Arrival, 8 threads", 8),
    ])

  private static func contender(_ name: String, _ threads: Int) -> Contender {
    let executor = TaskletExecutor(
      "threads-\(threads)", configuration: .init(threads: threads))
    return Contender(timingItself: name) { count in
      let batcher = Batcher<Int, Int>("bench", on: executor) { (keys: [Int]) in keys }
      return timed {
        let tasklets = (0..<threads).map { thread in
          Future(on: executor) {
            let futures = stride(from: thread, to: count, by: threads).map { batcher.load($0) }
            for future in futures { use(try await future.value) }
          }
        }
        // With a limit, so that this thread does not run one of the tasklets.
        for tasklet in tasklets { try tasklet.getResult(within: .seconds(3_600)) }
      }
    }
  }
}
