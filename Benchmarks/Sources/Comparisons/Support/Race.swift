// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// Runs the contenders of a comparison in turn, round after round, so that other load on the
/// machine affects all of them.
public final class Race: Sendable {
  /// How long a contender runs in a round if the number of operations is not fixed.
  private static let slice: Double = 2_000_000

  private let comparison: Comparison
  /// The number of operations of each contender in a round.
  private let counts: Mutex<[Int]>
  private let rounds = Mutex(0)

  public init(_ comparison: Comparison) {
    self.comparison = comparison
    counts = Mutex([])
  }

  /// Runs one round. Returns the nanoseconds per operation of each contender, in order.
  public func round() -> [Double] {
    let counts = counts.withLock { counts in
      if counts.isEmpty { counts = comparison.contenders.map(count) }
      return counts
    }
    let first = rounds.withLock { rounds in
      rounds += 1
      return rounds
    }
    var result = [Double](repeating: 0, count: counts.count)
    for offset in counts.indices {
      // Another contender begins each round, so that none always follows the same one.
      let index = (first + offset) % counts.count
      let count = counts[index]
      result[index] = Double(comparison.contenders[index].run(count)) / Double(count)
    }
    return result
  }

  private func count(of contender: Contender) -> Int {
    if let operations = comparison.operations { return operations }
    var count = 1
    while true {
      // The best of several runs, so that an interruption does not count as the contender's time.
      let time = Double((0..<7).map { _ in contender.run(count) }.min() ?? 0)
      if time > Self.slice / 8 { return max(1, Int(Double(count) * Self.slice / time)) }
      count *= 4
    }
  }
}
