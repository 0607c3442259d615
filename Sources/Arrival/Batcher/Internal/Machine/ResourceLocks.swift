// SPDX-License-Identifier: Apache-2.0
/// Gives each resource to one element at a time; other elements that want it queue, first in first
/// out. Pure.
struct ResourceLocks<Resource: Hashable, Element> {
  private struct Entry {
    /// The element that has the resource.
    var holder: Element
    var queue = RingBuffer<Element>()
  }

  private var entries: [Resource: Entry] = [:]

  /// Whether no element has a resource.
  var isEmpty: Bool { entries.isEmpty }

  /// Takes a resource; `false` if another element has it, and `element` is in the queue now.
  mutating func acquire(_ resource: Resource, for element: Element) -> Bool {
    Self.acquire(&entries[resource], for: element)
  }

  // One look-up for both cases: every write comes through here.
  private static func acquire(_ entry: inout Entry?, for element: Element) -> Bool {
    if entry == nil {
      entry = Entry(holder: element)
      return true
    }
    entry?.queue.append(element)
    return false
  }

  /// The element that has a resource.
  func holder(of resource: Resource) -> Element? { entries[resource]?.holder }

  /// Gives a resource back. The next element in the queue that still wants it has it then.
  mutating func release(_ resource: Resource, isWanted: (Element) -> Bool) -> Element? {
    // Taken out and put back, or the queue would be copied.
    guard var entry = entries.removeValue(forKey: resource) else { return nil }
    while let next = entry.queue.popFirst() {
      if !isWanted(next) { continue }
      entry.holder = next
      entries[resource] = entry
      return next
    }
    return nil
  }
}
