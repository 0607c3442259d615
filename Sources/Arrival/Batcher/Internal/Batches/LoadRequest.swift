// SPDX-License-Identifier: Apache-2.0
/// A load that brings more than its key: a time limit, room kept for it, a weight, a cache to ask
/// first, or a resource that it changes.
///
/// The machine asks it how it is admitted. A request that is held because another element has its
/// resource is handed to the machine once more when the resource is free.
// A class, so that a load which brings nothing costs nothing.
// `@unchecked Sendable`: what changes belongs to the batcher's lock.
class LoadRequest: @unchecked Sendable {
  enum State {
    case new
    /// It waits until its resource is free.
    case held
    case joined(BatchCore)
    /// Its future was done while it was held.
    case ended
  }

  let lane: Lane?
  /// When it has to be done, in the time of the executor; `nil` if a caller has no limit.
  final private(set) var deadline: Nanoseconds?
  /// Whether room among the queued loads was taken for it beforehand.
  let hasRoom: Bool
  /// The resource it changes; `nil` if nothing else can conflict with it.
  let claim: Claim?
  final private(set) var state = State.new
  /// Its number among the held loads; stays when it is held no longer.
  final private(set) var hold: HoldNumber?

  init(lane: Lane?, deadline: Nanoseconds?, hasRoom: Bool, claim: Claim?) {
    self.lane = lane
    self.deadline = deadline
    self.hasRoom = hasRoom
    self.claim = claim
  }

  /// Decides how the load goes on. Called under the batcher's lock.
  ///
  /// - Parameters:
  ///   - open: the batch it would join; `nil` if it would open one.
  ///   - hasRoom: whether there is room for it among the queued loads.
  func admit(to open: BatchCore?, hasRoom: Bool) -> Admission {
    hasRoom ? .joins(weight: 0) : .refused
  }

  /// Adds the key and its future to a batch. Called under the batcher's lock.
  func join(_ batch: BatchCore) {}

  /// Puts a future in the place of the load's own. Called under the batcher's lock.
  func replaceFuture(with other: FutureCore) { claim?.future = other }

  /// Another caller shares the load. Called under the batcher's lock.
  final func share(until other: Nanoseconds?) {
    guard let deadline else { return }
    self.deadline = other.map { max($0, deadline) }
    if case .joined(let batch) = state { batch.updateDeadline() }
  }

  // MARK: What the machine decided

  final func isHeld(as number: HoldNumber) {
    state = .held
    hold = number
    claim?.waiter = self
  }

  final func hasJoined(_ batch: BatchCore) {
    claim?.waiter = nil
    switch state {
    case .new, .held: state = .joined(batch)
    // The batch only gives the resource back.
    case .joined, .ended: break
    }
  }

  final func hasEnded() {
    claim?.waiter = nil
    state = .ended
  }
}

/// How a load goes on.
enum Admission {
  case joins(weight: Int)
  /// The cache has it.
  case hit
  /// It waits until another element gives its resource back.
  case held
  case refused
}

/// Tells a held load from all others of its batcher; counted from 1.
struct HoldNumber: Hashable, Sendable {
  let value: Int
}

/// An element's claim to the resource that it changes.
///
/// `@unchecked Sendable`: everything that changes belongs to the batcher's lock.
class Claim: @unchecked Sendable {
  /// The future of the element.
  final var future: FutureCore?
  /// The load that waits for the resource; `nil` if none does, or it ended before.
  final fileprivate(set) var waiter: LoadRequest?
}
