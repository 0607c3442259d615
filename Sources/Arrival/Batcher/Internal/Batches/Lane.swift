/// What keeps keys apart that may not share a batch.
// A class, so that a load without a lane passes one word and not five.
@usableFromInline
// `@unchecked Sendable`: made only from values that are `Sendable`.
final class Lane: Hashable, @unchecked Sendable {
  private let value: AnyHashable

  @usableFromInline
  init(_ value: some Hashable & Sendable) { self.value = AnyHashable(value) }

  @usableFromInline
  static func == (a: Lane, b: Lane) -> Bool { a === b || a.value == b.value }

  @usableFromInline
  func hash(into hasher: inout Hasher) { hasher.combine(value) }

  func value<Value>(as type: Value.Type) -> Value? { value.base as? Value }
}
