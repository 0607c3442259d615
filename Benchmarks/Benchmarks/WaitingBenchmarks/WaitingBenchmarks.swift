// SPDX-License-Identifier: Apache-2.0
internal import Benchmark
internal import BenchmarkSupport
internal import Comparisons

let benchmarks: @Sendable () -> Void = { register(Comparison.waiting) }
