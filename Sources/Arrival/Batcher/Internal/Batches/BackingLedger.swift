// SPDX-License-Identifier: Apache-2.0
/// Keeps a ``BackingCache`` from giving or getting values that are out of date. Pure.
///
/// A removal may overtake what a batch does: the batch may have asked the operation before, and
/// store the answer afterwards. So a batch does not store keys that were removed since it began, a
/// removal waits for what is being stored, and a batch that begins waits for the removals of its
/// keys.
struct BackingLedger<Key: Hashable & Sendable>: Sendable {
  private enum Removed {
    case keys(Set<Key>)
    case everything
  }

  /// What was removed since each batch under way began; by its number.
  private var batches: [Int: Removed] = [:]
  /// The work of the batches that store values now; by their numbers.
  private var storing: [Int: Future<Void>] = [:]
  private var removals: [Key: Future<Void>] = [:]
  /// The removals of all keys.
  private var removalsOfAll: [ObjectIdentifier: Future<Void>] = [:]

  var isEmpty: Bool {
    batches.isEmpty && storing.isEmpty && removals.isEmpty && removalsOfAll.isEmpty
  }

  // MARK: Batches

  /// A batch is about to ask for its keys. Returns the removals to wait for before.
  mutating func begin(_ batch: Int, _ keys: [Key]) -> [Future<Void>] {
    batches[batch] = .keys([])
    if removals.isEmpty { return Array(removalsOfAll.values) }
    return removalsOfAll.values + keys.compactMap { removals[$0] }
  }

  /// A batch is about to store values. Returns those that it should store.
  mutating func beginStoring<Value>(
    _ batch: Int, _ values: [Key: Value], work: Future<Void>?
  ) -> [Key: Value] {
    let stored: [Key: Value] =
      switch batches[batch] {
      case .keys(let removed):
        removed.isEmpty ? values : values.filter { !removed.contains($0.key) }
      case .everything, nil: [:]
      }
    if !stored.isEmpty { storing[batch] = work }
    return stored
  }

  mutating func end(_ batch: Int) {
    batches[batch] = nil
    storing[batch] = nil
  }

  // MARK: Removals

  /// A key is removed: batches under way do not store it any more.
  mutating func willRemove(_ key: Key) {
    for number in batches.keys {
      guard case .keys(var removed)? = batches[number] else { continue }
      removed.insert(key)
      batches[number] = .keys(removed)
    }
  }

  mutating func willRemoveAll() { for number in batches.keys { batches[number] = .everything } }

  /// What has to end before a removal.
  var stores: [Future<Void>] { Array(storing.values) }

  mutating func removes(_ key: Key, _ removal: Future<Void>) { removals[key] = removal }

  mutating func removesAll(_ removal: Future<Void>) {
    removalsOfAll[ObjectIdentifier(removal)] = removal
  }

  mutating func hasRemoved(_ key: Key, _ removal: Future<Void>) {
    if removals[key] === removal { removals[key] = nil }
  }

  mutating func hasRemovedAll(_ removal: Future<Void>) {
    removalsOfAll[ObjectIdentifier(removal)] = nil
  }
}
