// SPDX-License-Identifier: Apache-2.0
/// What completes a pending future, as the future refers to it: the source itself, or a sentinel
/// that guards it.
///
/// Only ``FutureSource`` has the members of a source; all code asks `source` for them. A sentinel
/// forwards one thing: that the future is done. Every future tells that, and asking for the source
/// first would make each completion about 50 instructions longer.
@usableFromInline
// `@unchecked Sendable`: it holds nothing itself; each subclass says what protects what it adds.
class SourceLink: @unchecked Sendable {
  /// The source behind the link.
  var source: FutureSource { fatalError("a source link overrides source") }

  /// Called once, outside of every lock, when the future is done, no matter what completed it. The
  /// future refers to the link no longer.
  func futureDidComplete(_ future: FutureCore) {}
}

/// What will complete a future: a tasklet, a timer, other futures, or the batch that has its key.
///
/// Each member has a default that is right for a source to which the question does not apply.
@usableFromInline
// `@unchecked Sendable`: as its base class.
class FutureSource: SourceLink, @unchecked Sendable {
  override final var source: FutureSource { self }

  // MARK: The life of the future

  /// Asks for an early end. The default ends the future at once.
  func cancel(_ future: FutureCore) { _ = future.fail(with: CancellationError()) }

  /// The last waiter that was registered with the future has left.
  func lastWaiterLeft(_ future: FutureCore, byCancellation: Bool) {}

  // MARK: Helping a waiter

  /// Called by a thread that is about to sleep until the future is done: does what brings the
  /// result nearer. The default asks the sources of the futures in `delegatesHelp`.
  ///
  /// - Parameter mayRunHere: whether the thread may run the tasklet itself, on its own stack.
  func helpWaiter(mayRunHere: Bool) { helpDelegates(mayRunHere: mayRunHere) }

  /// The futures whose sources help a waiter instead of this one; `nil` if this source helps
  /// itself.
  ///
  /// - Parameter mayRunHere: cleared if their tasklets may not run on the waiting thread.
  func delegatesHelp(mayRunHere: inout Bool) -> [FutureCore]? { nil }

  // MARK: The wait-for graph

  /// What the future needs in order to be done, for finding deadlocks and for dumps.
  func dependencies() -> Dependencies { .external }

  /// Whether its future may fail to break up a ring. If not, the tasklet whose wait closes the ring
  /// fails instead.
  var mayFailInRing: Bool { true }

  /// Called before a wait that will not appear among the future's waiters: the waiting tasklet runs
  /// this source on its own stack, or waits for another future first.
  func willHoldUpTasklet() {}

  // MARK: Descriptions

  /// What kind of future it completes, such as `tasklet`.
  var kind: String { "future" }
  /// What is happening to the future, such as `due in 3.0 s`, for dumps.
  var pendingText: String? { nil }
}

extension FutureSource {
  /// Lets the sources of all delegates help, those of their delegates too, and so on. With a list,
  /// so that nested combinations need no stack. Each source is asked once, however many paths lead
  /// to it.
  private func helpDelegates(mayRunHere: Bool) {
    var mayRunOwn = mayRunHere
    guard let own = delegatesHelp(mayRunHere: &mayRunOwn) else { return }
    var known: Set<ObjectIdentifier> = [ObjectIdentifier(self)]
    var open = [(futures: own, mayRunHere: mayRunOwn)]
    while let (futures, mayRunHere) = open.popLast() {
      for future in futures {
        guard !future.done(), let source = future.source else { continue }
        var mayRunNext = mayRunHere
        if let next = source.delegatesHelp(mayRunHere: &mayRunNext) {
          if known.insert(ObjectIdentifier(source)).inserted { open.append((next, mayRunNext)) }
        } else {
          source.helpWaiter(mayRunHere: mayRunHere)
        }
      }
    }
  }
}
