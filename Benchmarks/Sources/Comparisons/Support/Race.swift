internal import Synchronization

/// Runs the contenders of a comparison in turn, round after round, so that whatever else the
/// machine does falls on all of them.
public final class Race: Sendable {
  /// How long a contender runs in a round, unless the number of operations is fixed.
  private static let slice: Double = 2_000_000

  private let comparison: Comparison
  /// How many operations each contender makes in a round.
  private let counts: Mutex<[Int]>
  private let rounds = Mutex(0)

  public init(_ comparison: Comparison) {
    self.comparison = comparison
    counts = Mutex([])
  }

  /// One round: the nanoseconds an operation took each contender, in their order.
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
      // Another begins each time: nobody always runs behind the same.
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
      // The best of some, or an interruption would be taken for the contender's own time.
      let time = Double((0..<7).map { _ in contender.run(count) }.min() ?? 0)
      if time > Self.slice / 8 { return max(1, Int(Double(count) * Self.slice / time)) }
      count *= 4
    }
  }
}
