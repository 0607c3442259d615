// SPDX-License-Identifier: Apache-2.0
/// Which element has which resource, for one batcher: the part that knows keys.
// `@unchecked Sendable`: all methods but `claim(for:)` are called under the batcher's lock.
class ConflictTable<Key: Hashable & Sendable>: ConflictTableCore, @unchecked Sendable {
  /// The claim of an element, not yet made; `nil` if the element conflicts with no other.
  func claim(for key: Key) -> Claim? { nil }
}

/// Which element has which resource, for one batcher: the part that knows no types.
// `@unchecked Sendable`: see `ConflictTable`.
class ConflictTableCore: @unchecked Sendable {
  /// Takes the resource, or joins the queue for it; `false` if another element has it.
  func acquire(_ claim: Claim) -> Bool { true }

  /// Gives the resource back. Returns the claim that has it now.
  func release(_ claim: Claim) -> Claim? { nil }

  /// The claim that has the resource.
  func holder(of claim: Claim) -> Claim? { nil }
}

/// A table of resources of one type.
final class ResourceTable<Key: Hashable & Sendable, Resource: Hashable & Sendable>:
  // `@unchecked Sendable`: as its base class; `locks` is used under the batcher's lock, and
  // `resource` never changes.
  ConflictTable<Key>, @unchecked Sendable
{
  // `@unchecked Sendable`: as its base class; what it adds never changes.
  private final class TypedClaim: Claim, @unchecked Sendable {
    let resource: Resource

    init(_ resource: Resource) { self.resource = resource }
  }

  private let resource: @Sendable (Key) -> Resource?
  private var locks = ResourceLocks<Resource, Claim>()

  init(_ resource: @escaping @Sendable (Key) -> Resource?) { self.resource = resource }

  override func claim(for key: Key) -> Claim? { resource(key).map { TypedClaim($0) } }

  // Only this table makes claims for itself, so their type is known.
  private func resource(of claim: Claim) -> Resource {
    unsafeDowncast(claim, to: TypedClaim.self).resource
  }

  override func acquire(_ claim: Claim) -> Bool {
    locks.acquire(resource(of: claim), for: claim)
  }

  override func release(_ claim: Claim) -> Claim? {
    locks.release(resource(of: claim)) { $0.waiter != nil }
  }

  override func holder(of claim: Claim) -> Claim? { locks.holder(of: resource(of: claim)) }
}
