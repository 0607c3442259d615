// SPDX-License-Identifier: Apache-2.0
internal import CArrival

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  @preconcurrency internal import Glibc
#elseif canImport(Musl)
  @preconcurrency internal import Musl
#elseif canImport(Android)
  @preconcurrency internal import Android
#endif

/// Nanoseconds on a clock that never goes backwards. Every deadline in Arrival is counted in these.
@usableFromInline typealias Nanoseconds = UInt64

/// The number of cores that the process may use, at least one.
func coreCount() -> Int { Int(arrival_core_count()) }

/// Lets another thread that is ready run on this core.
func yieldThread() { sched_yield() }

func monotonicNow() -> Nanoseconds { arrival_monotonic_nanoseconds() }

/// The processor time that all threads but the calling one have used. It stands still while the
/// system runs other programs.
func processorTimeOfOtherThreads() -> Nanoseconds {
  func read(_ clock: clockid_t) -> Nanoseconds {
    var time = timespec()
    clock_gettime(clock, &time)
    return Nanoseconds(time.tv_sec) * 1_000_000_000 + Nanoseconds(time.tv_nsec)
  }
  // In this order the difference is not negative.
  let own = read(CLOCK_THREAD_CPUTIME_ID)
  let all = read(CLOCK_PROCESS_CPUTIME_ID)
  return all > own ? all - own : 0
}

extension Duration {
  /// The whole nanoseconds: zero for a negative duration, and at most `Int64.max`, which is 292
  /// years.
  package var clampedNanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    if seconds < 0 || attoseconds < 0 { return 0 }
    let (high, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, overflow2) = high.addingReportingOverflow(attoseconds / 1_000_000_000)
    return overflow || overflow2 ? UInt64(Int64.max) : UInt64(sum)
  }
}

extension Duration {
  /// The time from one reading of a clock to a later one.
  static func since(_ start: Nanoseconds, _ now: Nanoseconds) -> Duration {
    .nanoseconds(Int64(clamping: now > start ? now - start : 0))
  }
}

extension Nanoseconds {
  /// This time, later by `duration`. Stops at the largest value instead of overflowing.
  func advanced(by duration: Duration) -> Nanoseconds {
    addingSaturating(duration.clampedNanoseconds)
  }

  func addingSaturating(_ other: Nanoseconds) -> Nanoseconds {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}

/// Writes one line to standard error in one piece, so that lines of several threads do not mix.
func writeToStandardError(_ line: String) {
  var bytes = Array((line + "\n").utf8)
  bytes.withUnsafeMutableBytes { buffer in
    var rest = UnsafeRawBufferPointer(buffer)[...]
    while !rest.isEmpty {
      let count = write(2, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
      if count <= 0 { break }
      rest = rest.dropFirst(count)
    }
  }
}
