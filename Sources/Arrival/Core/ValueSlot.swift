// SPDX-License-Identifier: Apache-2.0
public import Synchronization

/// Where a future keeps its value: in place if it fits into two words, else in memory of its own.
///
/// A stored `Value?` would be simpler. But a generic class that is freed asks the runtime for the
/// metadata of `Optional<Value>`, which was a third of all instructions in the life of a promise.
/// The metadata of `Value` itself, which is all that is needed here, is at hand.
///
/// The words are atomics for one reason: unlike a plain stored property, an atomic never moves, and
/// can be pointed to while other threads read it. They are written and read through plain pointers,
/// in the order that `FutureCore` keeps.
@usableFromInline
// `@unchecked Sendable`: written once before `isDone`, see `FutureCore`.
struct ValueSlot: ~Copyable, @unchecked Sendable {
  @usableFromInline let first = Atomic<UInt>(0)
  @usableFromInline let second = Atomic<UInt>(0)

  @inlinable
  init() {}

  /// Whether values of the type are kept in place.
  @inlinable
  static func holds<Value>(_ type: Value.Type) -> Bool {
    MemoryLayout<Value>.size <= MemoryLayout<(UInt, UInt)>.size
      && MemoryLayout<Value>.alignment <= MemoryLayout<UInt>.alignment
  }

  @inlinable
  var address: UnsafeMutableRawPointer {
    withUnsafePointer(to: self) { UnsafeMutableRawPointer(mutating: $0) }
  }

  /// The place of the value. Only for a slot that was initialised.
  @inlinable
  func pointer<Value>(to type: Value.Type) -> UnsafeMutablePointer<Value> {
    Self.holds(type)
      ? address.assumingMemoryBound(to: type)
      : address.assumingMemoryBound(to: UnsafeMutablePointer<Value>.self).pointee
  }

  /// Stores the value. Once.
  @inlinable
  func initialize<Value>(to value: Value) {
    if !Self.holds(Value.self) {
      address.initializeMemory(
        as: UnsafeMutablePointer<Value>.self, to: .allocate(capacity: 1))
    }
    pointer(to: Value.self).initialize(to: value)
  }

  /// Frees the value. Only for a slot that was initialised.
  @inlinable
  func deinitialize<Value>(_ type: Value.Type) {
    let place = pointer(to: type)
    // Asked first, because a future is freed by code that does not know the type.
    if !_isPOD(type) { place.deinitialize(count: 1) }
    if !Self.holds(type) { place.deallocate() }
  }
}
