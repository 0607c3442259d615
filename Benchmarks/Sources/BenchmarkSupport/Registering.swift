// SPDX-License-Identifier: Apache-2.0
internal import Benchmark
public import Comparisons

/// Makes a benchmark of each comparison, with one metric per contender, in picoseconds per
/// operation.
public func register(_ comparisons: [Comparison]) {
  for comparison in comparisons {
    let metrics = comparison.contenders.map { BenchmarkMetric.custom("\($0.name), ps") }
    let race = Race(comparison)
    Benchmark(
      comparison.what,
      configuration: .init(
        metrics: metrics, warmupIterations: 1, maxDuration: .seconds(5),
        maxIterations: comparison.rounds)
    ) { benchmark in
      for (metric, nanoseconds) in zip(metrics, race.round()) {
        benchmark.measurement(metric, Int(nanoseconds * 1000))
      }
    }
  }
}
