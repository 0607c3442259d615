// SPDX-License-Identifier: Apache-2.0
internal import CAllocations
internal import Comparisons
internal import Foundation

/// Runs only Arrival's part of one comparison, for counts and profilers.
@main
struct Probe {
  static func main() {
    let arguments = CommandLine.arguments.dropFirst()
    if arguments.first == "memory" { return Memory.report() }
    guard arguments.count == 2, let what = arguments.first,
      let count = arguments.last.flatMap({ Int($0) }),
      let found = Comparison.all.first(where: { $0.what.hasPrefix(what) })
    else {
      print("usage: Probe memory\n       Probe WHAT COUNT, where WHAT is the beginning of one of:")
      for comparison in Comparison.all { print("  \(comparison.what)") }
      exit(2)
    }
    let arrival = found.contenders[0]
    // A first run to warm up, so that allocations at first use are not counted.
    _ = arrival.run(count)
    let before = allocations_made()
    let time = arrival.run(count)
    print("allocations \(allocations_made() - before)")
    print("nanoseconds \(time / UInt64(count)) an operation")
    exit(0)
  }
}
