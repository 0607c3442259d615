// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  @preconcurrency internal import Glibc
#elseif canImport(Musl)
  @preconcurrency internal import Musl
#elseif canImport(Android)
  @preconcurrency internal import Android
#endif

/// Where one thread sleeps until another wakes it.
///
/// A wake that comes before the sleep is kept, so none is lost. A stale wake only makes `park`
/// return early, and callers check their condition again.
///
/// `state` is *empty*, *parked* or *notified*. Only the owner goes from empty to parked, under
/// `mutex`, and from notified to empty. A wake is an exchange to notified. A wake that finds
/// *parked* then takes `mutex`, and so signals a thread that waits already. A wake for a thread
/// that has not gone to sleep yet costs no system call.
///
/// `@unchecked Sendable`: everything is atomic, or made once and used under `mutex`.
final class Parker: @unchecked Sendable {
  private static let empty: UInt8 = 0
  private static let parked: UInt8 = 1
  private static let notified: UInt8 = 2

  private let state = Atomic<UInt8>(Parker.empty)
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>

  init() {
    mutex = .allocate(capacity: 1)
    condition = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    #if canImport(Darwin)
      pthread_cond_init(condition, nil)
    #else
      var attributes = pthread_condattr_t()
      pthread_condattr_init(&attributes)
      pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
      pthread_cond_init(condition, &attributes)
      pthread_condattr_destroy(&attributes)
    #endif
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Sleeps until `unpark()` or the deadline, whichever comes first. May also return for no reason.
  ///
  /// - Parameter beforeSleeping: called when the thread has looked for a wake for the last time and
  ///   is about to sleep, for tests of that moment.
  @inline(__always)
  func park(until deadline: Nanoseconds?, beforeSleeping: () -> Void = {}) {
    if takeNotification() { return }
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    let (isParked, _) = state.compareExchange(
      expected: Self.empty, desired: Self.parked, ordering: .acquiringAndReleasing)
    if !isParked {
      _ = takeNotification()
      return
    }
    while !takeNotification() {
      beforeSleeping()
      guard let deadline else {
        pthread_cond_wait(condition, mutex)
        continue
      }
      let now = monotonicNow()
      if now >= deadline {
        // Empty again, whether or not a wake has just come.
        _ = state.exchange(Self.empty, ordering: .acquiringAndReleasing)
        return
      }
      // Far deadlines are cut to a year, so that no system's time type overflows.
      sleep(for: min(deadline - now, 31_536_000_000_000_000), from: now)
    }
  }

  private func takeNotification() -> Bool {
    guard state.load(ordering: .relaxed) == Self.notified else { return false }
    return state.compareExchange(
      expected: Self.notified, desired: Self.empty, ordering: .acquiringAndReleasing
    ).exchanged
  }

  private func sleep(for nanoseconds: Nanoseconds, from now: Nanoseconds) {
    #if canImport(Darwin)
      var interval = timespec(
        tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
      pthread_cond_timedwait_relative_np(condition, mutex, &interval)
    #else
      let end = now + nanoseconds
      var time = timespec(tv_sec: Int(end / 1_000_000_000), tv_nsec: Int(end % 1_000_000_000))
      pthread_cond_timedwait(condition, mutex, &time)
    #endif
  }

  func unpark() {
    if state.exchange(Self.notified, ordering: .acquiringAndReleasing) != Self.parked { return }
    // The owner went from empty to parked under the mutex, so now it waits.
    pthread_mutex_lock(mutex)
    pthread_mutex_unlock(mutex)
    pthread_cond_signal(condition)
  }
}
