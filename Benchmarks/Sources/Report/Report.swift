// SPDX-License-Identifier: Apache-2.0
internal import Comparisons
internal import Foundation

/// Prints a Markdown table of the comparisons with their peers and targets.
///
/// With arguments it runs the comparisons whose name contains one of them.
@main
struct Report {
  static func main() {
    let wanted = CommandLine.arguments.dropFirst()
    write("| what | Arrival, ns | peers, ns | against the best peer | target | met |")
    write("| --- | ---: | --- | ---: | --- | --- |")
    for comparison in Comparison.all
    where wanted.isEmpty || wanted.contains(where: comparison.what.contains) {
      write("\(Row(comparison, rounds: run(comparison)))")
    }
    exit(0)
  }

  /// Writes at once, so that a long run shows its progress.
  private static func write(_ line: String) {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
  }

  /// The rounds of a comparison without the first one: at least three, and at most eight seconds of
  /// them.
  private static func run(_ comparison: Comparison) -> [[Double]] {
    let race = Race(comparison)
    _ = race.round()
    var rounds: [[Double]] = []
    let start = ContinuousClock.now
    while rounds.count < 3
      || rounds.count < comparison.rounds && start.duration(to: .now) < .seconds(8)
    {
      rounds.append(race.round())
    }
    return rounds
  }
}
