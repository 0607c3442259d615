// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// The futures that a source waits for, and its registration with each.
///
/// Each registration calls the source's `upstreamDone` when it is fired. It holds the source, so
/// that a future that nothing else holds is still completed. All registrations are dropped when the
/// source needs its upstreams no longer.
struct Upstreams: ~Copyable {
  let futures: [FutureCore]
  private let list: List
  private let registrations = Lock<[Registration]>([])
  /// Where to begin to look for an upstream that can end.
  private let candidate = Atomic<Int>(0)

  enum List {
    /// Before any callback: for sources that run no code of the user's.
    case waiters
    /// Among the callbacks: for sources that complete a future, whose callbacks may do anything.
    case callbacks
  }

  init(_ futures: [FutureCore], on list: List) {
    self.futures = futures
    self.list = list
  }

  /// Registers the source with each, until it needs them no longer.
  func register(_ source: CombiningSource, until isDone: () -> Bool) {
    let registrations = futures.indices.map { Registration(index: $0, source: source) }
    self.registrations.withLock { $0 = registrations }
    for (future, registration) in zip(futures, registrations) {
      if isDone() { break }
      switch list {
      case .callbacks: future.addCallback(registration)
      case .waiters: if !future.add(registration) { registration.fire(future) }
      }
    }
    // The source may have ended before all were registered.
    if isDone() { remove(registrations, byCancellation: false) }
  }

  /// Removes the registrations. If that is not by a cancellation, the source has its result: it
  /// would have dropped errors that are still to come, so these are not reported.
  func unregister(byCancellation: Bool) {
    remove(takeRegistrations(), byCancellation: byCancellation)
  }

  /// Drops the registrations, all of which have fired.
  func forget() { _ = takeRegistrations() }

  private func takeRegistrations() -> [Registration] {
    var taken: [Registration] = []
    registrations.withLock { swap(&$0, &taken) }
    return taken
  }

  private func remove(_ registrations: [Registration], byCancellation: Bool) {
    for registration in registrations {
      let future = futures[registration.index]
      switch list {
      case .callbacks: future.removeCallback(registration)
      case .waiters: future.remove(registration)
      }
      if list == .callbacks, !byCancellation { future.ignoreErrors() }
      future.waiterLeft(byCancellation: byCancellation)
    }
  }

  /// The futures that are not done.
  var pending: [FutureCore] { futures.filter { !$0.done() } }

  /// Whether a pending future that can end is found quickly. It looks at the future it found last,
  /// or if that is done at the next one that is not. So it looks at each once, and all calls
  /// together cost O(n).
  func someCanEnd() -> Bool {
    var index = candidate.load(ordering: .relaxed)
    while index < futures.count, futures[index].done() { index += 1 }
    candidate.store(index, ordering: .relaxed)
    return index < futures.count
      && StuckSearch.canEnd(.future(futures[index]), in: WaitGraph())
  }
}
