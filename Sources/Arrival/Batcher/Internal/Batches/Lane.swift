// SPDX-License-Identifier: Apache-2.0
/// What keeps keys apart that may not share a batch.
// A class, so that a load without a lane passes one word and not five.
@usableFromInline
// `@unchecked Sendable`: made only from values that are `Sendable`.
final class Lane: Hashable, @unchecked Sendable {
  private let value: AnyHashable
  // `AnyHashable` alone takes the `Int` 1, the `Int8` 1 and the `Double` 1 for one value.
  private let type: ObjectIdentifier
  /// The cache that batches of the lane ask, see `cache`. Loads that ask a cache have a lane of
  /// their own, which the user does not see.
  let backing: AnyObject?

  private init(_ value: some Hashable) {
    self.value = AnyHashable(value)
    type = ObjectIdentifier(Swift.type(of: value))
    backing = nil
  }

  init(asking backing: some AnyObject & Sendable) {
    value = AnyHashable(ObjectIdentifier(backing))
    // No lane of a user has a value of this type.
    type = ObjectIdentifier(Lane.self)
    self.backing = backing
  }

  /// Whether a load named it.
  var isVisible: Bool { backing == nil }

  /// The lane of a value; `nil` for `nil`, in however many optionals it is wrapped.
  @usableFromInline
  static func of(_ value: (any Hashable & Sendable)?) -> Lane? {
    guard let value else { return nil }
    return of(value as any Hashable)
  }

  private static func of(_ value: any Hashable) -> Lane? {
    guard let optional = value as? any OptionalValue else { return Lane(value) }
    return (optional.wrapped as? any Hashable).flatMap { of($0) }
  }

  @usableFromInline
  static func == (a: Lane, b: Lane) -> Bool {
    a === b || a.type == b.type && a.value == b.value
  }

  @usableFromInline
  func hash(into hasher: inout Hasher) { hasher.combine(value) }

  func value<Value>(as type: Value.Type) -> Value? { isVisible ? value.base as? Value : nil }
}
