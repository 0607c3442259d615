// SPDX-License-Identifier: Apache-2.0
/// The source of an abandoned load's future: see `FutureCore.waiterLeft(byCancellation:)`.
///
/// A batch holds its futures, so an abandoned one would never be freed, and its key would be sent
/// for nobody. Therefore a new future takes its place in the batch, and the abandoned one follows
/// that and is held weakly. When nothing holds it any more, the future in the batch is cancelled.
/// So loads that nobody abandons pay nothing.
// `@unchecked Sendable`: as its base class; `state` belongs to the batcher's lock.
final class AbandonedLoad: DerivedSource, @unchecked Sendable {
  /// What holds the future and will complete it.
  enum Place {
    case batch(BatchCore)
    case held(LoadRequest)
  }

  private enum State {
    /// The batch has the future, and completes it.
    case attached
    /// The batch has another future, which this one follows.
    case following
    case ended
  }

  let place: Place
  /// The source of the future until it was abandoned, and then of the future in its place.
  let origin: FutureSource
  private let batcher: any LoadOwner
  private var state = State.attached

  init(_ place: Place, origin: FutureSource, batcher: any LoadOwner) {
    self.place = place
    self.origin = origin
    self.batcher = batcher
  }

  /// Whether the future may still be replaced. Called under the batcher's lock.
  var isAttached: Bool {
    switch state {
    case .attached: true
    case .following, .ended: false
    }
  }

  /// Lets the future follow the one that takes its place. Called under the batcher's lock.
  func follow(_ shared: FutureCore) {
    state = .following
    follow(shared) { source, shared in
      // Nothing can see the error of a future that is gone.
      if source.future?.complete(asDone: shared) != true { shared.failure?.ignore() }
    }
  }

  override func futureDidComplete(_ future: FutureCore) {
    let wasAttached = batcher.locked {
      defer { state = .ended }
      return isAttached
    }
    super.futureDidComplete(future)
    if wasAttached { origin.futureDidComplete(future) }
  }

  // MARK: As before it was abandoned

  override func helpWaiter(mayRunHere: Bool) { origin.helpWaiter(mayRunHere: mayRunHere) }
  override func delegatesHelp(mayRunHere: inout Bool) -> [FutureCore]? { nil }
  override func dependencies() -> Dependencies { origin.dependencies() }
  override var kind: String { origin.kind }
  override var pendingText: String? { origin.pendingText }
}

/// What an abandoned load asks its batcher.
protocol LoadOwner: AnyObject, Sendable {
  /// Runs the body under the batcher's lock.
  func locked<Result>(_ body: () -> Result) -> Result

  /// The last waiter of a load's future was cancelled.
  func abandon(_ future: FutureCore, of origin: FutureSource, at place: AbandonedLoad.Place)
}
