// SPDX-License-Identifier: Apache-2.0
/// Values by key. When it is full, the value that was used least recently makes room. Pure; O(1).
struct LRUTable<Key: Hashable, Value> {
  private struct Entry {
    let key: Key
    var value: Value
    /// The indices of the entries that were used just after this one, and just before it.
    var newer: Int?
    var older: Int?
  }

  /// The most entries.
  let capacity: Int
  private var indices: [Key: Int] = [:]
  private var entries: [Entry?] = []
  private var free: [Int] = []
  private var newest: Int?
  private var oldest: Int?

  init(capacity: Int) { self.capacity = capacity }

  var count: Int { indices.count }

  /// The value of a key, which counts as used now.
  mutating func value(for key: Key) -> Value? {
    guard let index = indices[key] else { return nil }
    if index != newest {
      unlink(index)
      linkAsNewest(index)
    }
    return entries[index]?.value
  }

  /// The value of a key, which does not count as used.
  func peek(_ key: Key) -> Value? { indices[key].flatMap { entries[$0]?.value } }

  /// Changes the value of a key, which does not count as used.
  mutating func update(_ key: Key, _ body: (inout Value) -> Void) {
    guard let index = indices[key], entries[index] != nil else { return }
    body(&entries[index]!.value)
  }

  /// Sets the value of a key. If the table is full, removes the value used least recently.
  mutating func set(_ value: Value, for key: Key) {
    if let index = indices[key] {
      entries[index]?.value = value
      unlink(index)
      linkAsNewest(index)
      return
    }
    if indices.count >= capacity, let oldest { remove(at: oldest) }
    let entry = Entry(key: key, value: value)
    let index: Int
    if let free = free.popLast() {
      index = free
      entries[index] = entry
    } else {
      index = entries.count
      entries.append(entry)
    }
    indices[key] = index
    linkAsNewest(index)
  }

  mutating func remove(_ key: Key) { if let index = indices[key] { remove(at: index) } }

  mutating func removeAll() { self = LRUTable(capacity: capacity) }

  private mutating func remove(at index: Int) {
    unlink(index)
    if let key = entries[index]?.key { indices[key] = nil }
    entries[index] = nil
    free.append(index)
  }

  private mutating func unlink(_ index: Int) {
    guard let entry = entries[index] else { return }
    if let newer = entry.newer { entries[newer]?.older = entry.older } else { newest = entry.older }
    if let older = entry.older { entries[older]?.newer = entry.newer } else { oldest = entry.newer }
  }

  private mutating func linkAsNewest(_ index: Int) {
    entries[index]?.newer = nil
    entries[index]?.older = newest
    if let newest { entries[newest]?.newer = index } else { oldest = index }
    newest = index
  }
}
