internal import Benchmark
internal import BenchmarkSupport
internal import Comparisons

let benchmarks: @Sendable () -> Void = {
  register(Comparison.futures + Comparison.combining + Comparison.throwing)
}
