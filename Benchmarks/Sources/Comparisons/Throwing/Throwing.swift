// SPDX-License-Identifier: Apache-2.0
internal import Arrival

extension Comparison {
  public static let throwing = [0, 20].map { depth in
    Comparison(
      "throw and catch in a tasklet, \(depth) calls deep",
      [
        // One job for each hundred throws, because the first few of a job retain their errors.
        Contender(timingItself: "Arrival") { count in
          Machinery.timedInTasklet {
            for i in 0..<count {
              if i % 100 == 0 { await Task.yield() }
              use(isCaught(depth))
            }
          }
        },
        // The hook is installed, but finds no task. A program without Arrival has no hook.
        Contender("outside of tasks") { count in for _ in 0..<count { use(isCaught(depth)) } },
      ])
  }
}

private struct Thrown: Error {}

@inline(never)
private func dive(_ depth: Int) throws -> Int {
  if depth == 0 { throw Thrown() }
  return try dive(depth - 1) + 1
}

@inline(never)
private func isCaught(_ depth: Int) -> Bool { (try? dive(depth)) == nil }
