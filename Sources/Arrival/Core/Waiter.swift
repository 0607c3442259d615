// SPDX-License-Identifier: Apache-2.0
/// Something to be told when one future is done; a node in that future's list.
@usableFromInline
// `@unchecked Sendable`: the links and `isCancelled` are read and written under the lock of the
// future the waiter is registered with, or by the thread that took it off that future's list.
// Exclusivity is not checked a second time: the checks stood out in profiles.
class Waiter: @unchecked Sendable {
  @exclusivity(unchecked) fileprivate final var olderLink = OlderLink<Waiter>()
  @exclusivity(unchecked) fileprivate final var newerLink = NewerLink<Waiter>()
  /// Set by a cancellation, which may come before the registration.
  @exclusivity(unchecked) final var isCancelled = false

  @usableFromInline init() {}

  /// Called once, outside of every lock, after the future is done.
  @usableFromInline
  func fire(_ future: FutureCore) { fatalError("a waiter overrides fire(_:)") }

  /// Whether some tasklet may be unable to end before this waiter is fired.
  var mayHoldUpTasklet: Bool { true }

  /// Takes the waiter behind this one off a chain that `WaiterList.takeAll()` returned.
  final func detachNext() -> Waiter? { WaiterList.detachNext(self) }
}

/// The list of a future's waiters.
enum WaiterLinkage: ListLinkage {
  static subscript(older node: Waiter) -> OlderLink<Waiter> {
    @inline(__always) get { node.olderLink }
    @inline(__always) _modify { yield &node.olderLink }
  }
  static subscript(newer node: Waiter) -> NewerLink<Waiter> {
    @inline(__always) get { node.newerLink }
    @inline(__always) _modify { yield &node.newerLink }
  }
}

typealias WaiterList = IntrusiveList<WaiterLinkage>

extension WaiterList {
  /// How many waiters `mayHoldUpTasklet` asks.
  private static var limit: Int { 8 }

  /// Whether a tasklet may be unable to end before one of these is fired. Asks only a few of them,
  /// and says yes if there are more.
  var mayHoldUpTasklet: Bool {
    var next = newest
    for _ in 0..<Self.limit {
      guard let waiter = next else { return false }
      if waiter.mayHoldUpTasklet { return true }
      next = older(than: waiter)
    }
    return next != nil
  }
}

/// A closure given to `onCompletion`.
///
/// Not generic: `body` is made where the type of the value is known, and is specialised to it
/// there.
@usableFromInline
// `@unchecked Sendable`: as its base class; it adds nothing that changes.
final class CallbackWaiter: Waiter, @unchecked Sendable {
  // Kept here, as a closure that captures it besides the body would be one more allocation.
  private let context: CallbackContext?
  private let body: @Sendable (FutureCore) -> Void

  /// - Parameter context: the values of the code that registers it; `nil` if it needs none.
  @usableFromInline
  init(in context: CallbackContext?, _ body: @escaping @Sendable (FutureCore) -> Void) {
    self.context = context
    self.body = body
  }

  override func fire(_ future: FutureCore) {
    CallbackContext.run(in: context) { body(future) }
  }
}
