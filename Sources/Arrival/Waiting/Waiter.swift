/// Somebody who wants to know when one future is done; a node in that future's list.
@usableFromInline
// `@unchecked Sendable`: the links and `isCancelled` are read and written under the lock of the
// future the waiter is registered with, or by whoever took it off that future's list. So
// exclusivity is not checked a second time: the checks stood out in profiles.
class Waiter: @unchecked Sendable {
  @exclusivity(unchecked) fileprivate(set) final var next: Waiter?
  @exclusivity(unchecked) fileprivate final unowned(unsafe) var previous: Waiter?
  @exclusivity(unchecked) fileprivate final var isLinked = false
  /// Set by a cancellation, which may come before the registration.
  @exclusivity(unchecked) final var isCancelled = false

  @usableFromInline init() {}

  /// Called once, outside every lock, after the future is done.
  @usableFromInline
  func fire(_ future: FutureCore) { fatalError("a waiter overrides fire(_:)") }

  /// Whether some tasklet may be unable to end before this is fired.
  var mayHoldUpTasklet: Bool { true }
}

/// The waiters of one future, the newest first. O(1) to add and to remove.
struct WaiterList {
  private(set) var newest: Waiter?

  var isEmpty: Bool { newest == nil }

  mutating func add(_ waiter: Waiter) {
    waiter.next = newest
    newest?.previous = waiter
    waiter.isLinked = true
    newest = waiter
  }

  /// Whether a tasklet may be unable to end before one of these is fired. Looks at a few alone.
  var mayHoldUpTasklet: Bool {
    var next = newest
    for _ in 0..<8 {
      guard let waiter = next else { return false }
      if waiter.mayHoldUpTasklet { return true }
      next = waiter.next
    }
    return next != nil
  }

  /// Takes the waiter off; `false` if it was not on the list any more.
  mutating func remove(_ waiter: Waiter) -> Bool {
    guard waiter.isLinked else { return false }
    let next = waiter.next
    next?.previous = waiter.previous
    if let previous = waiter.previous { previous.next = next } else { newest = next }
    waiter.next = nil
    waiter.previous = nil
    waiter.isLinked = false
    return true
  }

  /// Empties the list and gives its chain in the order of registration.
  mutating func takeAll() -> Waiter? {
    guard var rest = newest.take() else { return nil }
    var oldest: Waiter?
    while true {
      let following = rest.next
      rest.next = oldest
      rest.previous = nil
      rest.isLinked = false
      oldest = rest
      guard let following else { return oldest }
      rest = following
    }
  }
}

extension Waiter {
  /// Takes the waiter behind this one off a chain that `takeAll()` gave.
  final func detachNext() -> Waiter? { next.take() }
}

/// A thread asleep in a blocking wait.
// `@unchecked Sendable`: as its base class; what it adds never changes.
final class ThreadWaiter: Wait, @unchecked Sendable {
  private let parker: Parker

  init(_ targets: Targets, _ parker: Parker, limit: Duration? = nil) {
    self.parker = parker
    super.init(targets, .blocking, limit: limit)
  }

  override func fire(_ future: FutureCore) {
    setFired()
    parker.unpark()
  }

  /// Sleeps until the future is done or the deadline has come.
  func sleep(until deadline: Nanoseconds?) {
    while !hasFired {
      if let deadline, monotonicNow() >= deadline { return }
      parker.park(until: deadline)
    }
  }
}

/// A task suspended in an `await`.
// `@unchecked Sendable`: as its base class; whoever takes it off the list resumes it, and nobody else.
final class TaskWaiter: Wait, @unchecked Sendable {
  /// Written once before the waiter is registered.
  @exclusivity(unchecked) var continuation: UnsafeContinuation<Void, Never>?

  init(_ targets: Targets, limit: Duration? = nil) {
    super.init(targets, .suspending, limit: limit)
  }

  override func fire(_ future: FutureCore) { wake() }

  func wake() {
    setFired()
    continuation.take()?.resume()
  }
}

/// A closure given to `onCompletion`.
///
/// Not generic: `body` is made where the value's type is known, and so is specialised to it.
@usableFromInline
// `@unchecked Sendable`: as its base class; it adds nothing that changes.
final class CallbackWaiter: Waiter, @unchecked Sendable {
  private let body: @Sendable (FutureCore) -> Void

  @usableFromInline
  init(_ body: @escaping @Sendable (FutureCore) -> Void) { self.body = body }

  override func fire(_ future: FutureCore) { body(future) }
}
