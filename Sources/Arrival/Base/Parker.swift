// SPDX-License-Identifier: Apache-2.0
internal import CArrival
internal import Synchronization

#if canImport(Darwin)
  internal import Darwin
#endif

/// Where one thread sleeps until another wakes it.
///
/// A wake that comes before the sleep is kept, so none is lost. A stale wake only makes `park`
/// return early, and callers check their condition again.
///
/// `state` is *empty*, *parked* or *notified*. Only the owner goes from empty to parked, and from
/// notified to empty. A wake is an exchange to notified, and makes a system call only if it finds
/// *parked*. A wake for a thread that has not gone to sleep yet costs none.
final class Parker: Sendable {
  private static let empty: UInt32 = 0
  fileprivate static let parked: UInt32 = 1
  private static let notified: UInt32 = 2

  private let state = Atomic<UInt32>(Parker.empty)
  private let sleeper = Sleeper()

  /// Sleeps until `unpark()` or the deadline, whichever comes first. May also return for no reason.
  ///
  /// - Parameter beforeSleeping: called when the thread has looked for a wake for the last time and
  ///   is about to sleep, for tests of that moment.
  @inline(__always)
  func park(until deadline: Nanoseconds?, beforeSleeping: () -> Void = {}) {
    if takeNotification() { return }
    sleeper.enter()
    defer { sleeper.leave() }
    let (isParked, _) = state.compareExchange(
      expected: Self.empty, desired: Self.parked, ordering: .acquiringAndReleasing)
    if !isParked {
      _ = takeNotification()
      return
    }
    while !takeNotification() {
      beforeSleeping()
      if let deadline, monotonicNow() >= deadline {
        // Empty again, whether or not a wake has just come.
        _ = state.exchange(Self.empty, ordering: .acquiringAndReleasing)
        return
      }
      sleeper.sleep(on: state, until: deadline)
    }
  }

  private func takeNotification() -> Bool {
    guard state.load(ordering: .relaxed) == Self.notified else { return false }
    return state.compareExchange(
      expected: Self.notified, desired: Self.empty, ordering: .acquiringAndReleasing
    ).exchanged
  }

  func unpark() {
    if state.exchange(Self.notified, ordering: .acquiringAndReleasing) != Self.parked { return }
    sleeper.wake(state)
  }
}

#if os(Linux) || os(Android)
  /// The system lets a thread sleep only while the state still is what the thread has seen, so no
  /// lock is needed. With a condition variable each wake took one more system call, because the C
  /// library takes the mutex again as if others waited for it.
  private struct Sleeper: Sendable {
    func enter() {}
    func leave() {}

    func sleep(on state: borrowing Atomic<UInt32>, until deadline: Nanoseconds?) {
      withUnsafePointer(to: state) { word in
        if let deadline {
          arrival_futex_wait_until(word, Parker.parked, deadline)
        } else {
          arrival_futex_wait(word, Parker.parked)
        }
      }
    }

    func wake(_ state: borrowing Atomic<UInt32>) {
      withUnsafePointer(to: state) { arrival_futex_wake_one($0) }
    }
  }
#else
  /// The owner goes from empty to parked under the mutex. A wake that finds *parked* takes the
  /// mutex too, and so signals a thread that waits already.
  ///
  /// `@unchecked Sendable`: made once, and used under the mutex.
  private final class Sleeper: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
      pthread_mutex_init(mutex, nil)
      pthread_cond_init(condition, nil)
    }

    deinit {
      pthread_cond_destroy(condition)
      pthread_mutex_destroy(mutex)
      condition.deallocate()
      mutex.deallocate()
    }

    func enter() { pthread_mutex_lock(mutex) }
    func leave() { pthread_mutex_unlock(mutex) }

    func sleep(on state: borrowing Atomic<UInt32>, until deadline: Nanoseconds?) {
      guard let deadline else {
        pthread_cond_wait(condition, mutex)
        return
      }
      let now = monotonicNow()
      // Far deadlines are cut to a year, so that no system's time type overflows.
      let rest = min(deadline > now ? deadline - now : 0, 31_536_000_000_000_000)
      var interval = timespec(
        tv_sec: Int(rest / 1_000_000_000), tv_nsec: Int(rest % 1_000_000_000))
      pthread_cond_timedwait_relative_np(condition, mutex, &interval)
    }

    func wake(_ state: borrowing Atomic<UInt32>) {
      pthread_mutex_lock(mutex)
      pthread_mutex_unlock(mutex)
      pthread_cond_signal(condition)
    }
  }
#endif
