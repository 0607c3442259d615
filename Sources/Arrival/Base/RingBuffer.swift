// SPDX-License-Identifier: Apache-2.0
/// A first-in first-out queue, O(1) amortised at both ends.
///
/// The core depends on the toolchain alone, so this replaces the `Deque` of swift-collections. It
/// is inlinable for the other modules of this package.
package struct RingBuffer<Element> {
  @usableFromInline var slots: [Element?] = []
  @usableFromInline var head = 0
  @usableFromInline package internal(set) var count = 0

  @inlinable package init() {}

  @inlinable package var isEmpty: Bool { count == 0 }

  @inlinable package var first: Element? { count == 0 ? nil : slots[head] }

  /// The elements in their order.
  @inlinable package var all: [Element] {
    (0..<count).compactMap { slots[(head + $0) & (slots.count - 1)] }
  }

  @inlinable package mutating func append(_ element: Element) {
    if count == slots.count { grow() }
    slots[(head + count) & (slots.count - 1)] = element
    count += 1
  }

  @inlinable package mutating func popFirst() -> Element? {
    if count == 0 { return nil }
    let element = slots[head].take()
    head = (head + 1) & (slots.count - 1)
    count -= 1
    return element
  }

  /// Exchanges the first element with the one at `index`, to take elements in another order.
  @inlinable package mutating func swapFirst(with index: Int) {
    slots.swapAt(head, (head + index) & (slots.count - 1))
  }

  @inlinable mutating func grow() {
    var larger: [Element?] = []
    larger.reserveCapacity(max(16, slots.count * 2))
    while let element = popFirst() { larger.append(element) }
    let used = larger.count
    larger.append(contentsOf: repeatElement(nil, count: larger.capacity.powerOfTwoFloor - used))
    slots = larger
    head = 0
    count = used
  }
}

extension Int {
  @inlinable var powerOfTwoFloor: Int { 1 << (Int.bitWidth - 1 - leadingZeroBitCount) }
}

extension RingBuffer: Sendable where Element: Sendable {}
