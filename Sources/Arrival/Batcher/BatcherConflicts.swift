/// What the elements of a ``Batcher`` touch, so that two which touch one thing keep their order.
///
/// ```swift
/// let counters = Batcher<Increment, Void>(
///   "counters", configuration: .init(deduplicates: false), conflicts: .by { $0.counter }
/// ) { … }
/// ```
///
/// An element is sent when every earlier one that touches the same thing has ended: never in one batch
/// with it, nor beside it in another. Elements that touch other things are not held up. If the earlier
/// one fails, the later one is sent all the same.
public struct BatcherConflicts<Key: Hashable & Sendable>: Sendable {
  let makeTable: @Sendable () -> ConflictTable<Key>

  /// Elements with equal things conflict; one whose thing is `nil` conflicts with none.
  ///
  /// - Parameter thing: what an element touches, such as a primary key. Called once for each load, on
  ///   the calling thread.
  public static func by<Thing: Hashable & Sendable>(
    _ thing: @escaping @Sendable (Key) -> Thing?
  ) -> Self {
    Self { ConflictTableBy(thing) }
  }
}

/// The things that elements of a batcher touch, and those who wait for one of them.
///
/// `@unchecked Sendable`: all but `claim(for:)` is called under the batcher's lock.
class ConflictTable<Key: Hashable & Sendable>: ConflictTableCore, @unchecked Sendable {
  /// What an element touches, before it is claimed; `nil` if nothing that others touch.
  func claim(for key: Key) -> Claim? { nil }
}

/// The part that knows no types.
// `@unchecked Sendable`: see `ConflictTable`.
class ConflictTableCore: @unchecked Sendable {
  /// `false` if the thing belongs to another, behind whom the claim now waits.
  func take(_ claim: Claim) -> Bool { true }

  /// Gives a thing back; gives the next claim, to which it belongs now.
  func release(_ claim: Claim) -> Claim? { nil }

  /// The claim that the thing belongs to.
  func holder(of claim: Claim) -> Claim? { nil }
}

/// An element's claim to the thing it touches.
///
/// `@unchecked Sendable`: all that changes belongs to the batcher's lock.
class Claim: @unchecked Sendable {
  /// The future of the element.
  final var future: FutureCore?
  /// The load that waits for the thing, if it has to.
  final var load: HeldLoad?
}

private final class ConflictTableBy<Key: Hashable & Sendable, Thing: Hashable & Sendable>:
  // `@unchecked Sendable`: as its base class; `lines` is used under the batcher's lock, `thing` never changes.
  ConflictTable<Key>, @unchecked Sendable
{
  // `@unchecked Sendable`: as their base classes.
  private final class ClaimTo: Claim, @unchecked Sendable {
    let thing: Thing

    init(_ thing: Thing) { self.thing = thing }
  }

  private let thing: @Sendable (Key) -> Thing?
  private var lines = ConflictLines<Thing, Claim>()

  init(_ thing: @escaping @Sendable (Key) -> Thing?) { self.thing = thing }

  override func claim(for key: Key) -> Claim? { thing(key).map { ClaimTo($0) } }

  // Only this table makes claims for itself, so their type is known.
  private func thing(of claim: Claim) -> Thing { unsafeDowncast(claim, to: ClaimTo.self).thing }

  override func take(_ claim: Claim) -> Bool { lines.claim(thing(of: claim), for: claim) }

  override func release(_ claim: Claim) -> Claim? {
    lines.release(thing(of: claim)) { $0.load?.isOver == false }
  }

  override func holder(of claim: Claim) -> Claim? { lines.holder(of: thing(of: claim)) }
}
