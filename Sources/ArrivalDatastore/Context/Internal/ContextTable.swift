// SPDX-License-Identifier: Apache-2.0
internal import Arrival

/// The entities that a context keeps. It is pure, without locks or I/O.
struct ContextTable: Sendable {
  private struct Entry: Sendable {
    var future: Future<Entity?>
    /// Distinguishes this entry from others of its key.
    var token: Int
    /// Whether the entry is a change that is not durable yet, and so must not be dropped.
    var isBeingWritten: Bool
    /// The number of its last use in `uses`. `nil` while it is being written, when it is not in
    /// `uses`.
    var use: Int?
  }

  /// The pending changes of one key.
  private struct Writes: Sendable {
    var count = 0
    /// Whether several changes were pending together. Which of them was written last is unknown
    /// here, because requesting a change and noting it are two steps.
    var isContested = false
  }

  private let capacity: Int
  private(set) var isOpen = true
  private var entries: [Key: Entry] = [:]
  private var writes: [Key: Writes] = [:]
  /// Keys in the order of their uses. A key that was used again is there twice.
  private var uses = RingBuffer<(key: Key, use: Int)>()
  private var lastUse = 0
  private var lastToken = 0
  /// The number of requested changes. A lookup that began before a change may have an older state.
  private var changes = 0

  init(capacity: Int) { self.capacity = capacity }

  var count: Int { entries.count }

  enum OnGet {
    case hit(Future<Entity?>)
    /// Look the key up, then pass the future to ``loaded(_:_:_:)`` with this ticket.
    case load(Int)
  }

  mutating func get(_ key: Key, fresh: Bool) -> OnGet {
    if let entry = entries[key], !fresh || entry.isBeingWritten, !entry.future.hasFailed {
      touch(key)
      return .hit(entry.future)
    }
    if let entry = entries[key], !entry.isBeingWritten { entries[key] = nil }
    return .load(changes)
  }

  /// Notes a lookup. Returns the future to use, which may be that of an earlier lookup.
  mutating func loaded(_ future: Future<Entity?>, _ key: Key, _ ticket: Int) -> Future<Entity?> {
    if let entry = entries[key], !entry.future.hasFailed { return entry.future }
    // During a change, the lookup could have an older state.
    if ticket == changes, writes[key] == nil { set(key, future, isBeingWritten: false) }
    return future
  }

  /// Notes a requested change. The token identifies it in ``written(_:_:isWritten:)``.
  mutating func put(_ future: Future<Entity?>, _ key: Key) -> Int {
    changes += 1
    guard isOpen else { return lastToken }
    var underWay = writes[key] ?? Writes()
    underWay.count += 1
    underWay.isContested = underWay.isContested || underWay.count > 1
    writes[key] = underWay
    set(key, future, isBeingWritten: true)
    return lastToken
  }

  /// Notes the end of a change. After concurrent changes, the entity is looked up again.
  mutating func written(_ key: Key, _ token: Int, isWritten: Bool) {
    guard var underWay = writes[key] else { return }
    underWay.count -= 1
    writes[key] = underWay.count > 0 ? underWay : nil
    let isCurrent = entries[key]?.token == token
    if underWay.count > 0 {
      // Pending changes may be seen. A failed change may not.
      if isCurrent, !isWritten { remove(key) }
    } else if underWay.isContested || isCurrent && !isWritten {
      remove(key)
    } else if isCurrent {
      entries[key]?.isBeingWritten = false
      touch(key)
      evict()
    }
  }

  /// Replaces the entity of a change by the one that is stored, unless a later change has replaced
  /// it.
  mutating func replace(_ key: Key, _ token: Int, with future: Future<Entity?>) {
    if entries[key]?.token == token { entries[key]?.future = future }
  }

  /// Drops the entity of a change, unless a later change has replaced it.
  mutating func forget(_ key: Key, _ token: Int) {
    if entries[key]?.token == token { remove(key) }
  }

  mutating func remove(_ key: Key) {
    changes += 1
    entries[key] = nil
  }

  /// Forgets all entities but those being written.
  mutating func clear() {
    changes += 1
    entries = entries.filter(\.value.isBeingWritten)
    compact()
  }

  /// Forgets an entity, unless it is being written.
  mutating func drop(_ key: Key) {
    changes += 1
    if entries[key]?.isBeingWritten == false { entries[key] = nil }
  }

  mutating func close() { self = ContextTable(closed: capacity) }

  private init(closed capacity: Int) {
    self.capacity = capacity
    isOpen = false
  }

  private mutating func set(_ key: Key, _ future: Future<Entity?>, isBeingWritten: Bool) {
    guard isOpen else { return }
    lastToken += 1
    entries[key] = Entry(future: future, token: lastToken, isBeingWritten: isBeingWritten)
    touch(key)
    evict()
  }

  private mutating func touch(_ key: Key) {
    guard entries[key]?.isBeingWritten == false else { return }
    lastUse += 1
    entries[key]?.use = lastUse
    uses.append((key, lastUse))
    // Outdated uses are removed before they outgrow the entries.
    if uses.count > 2 * entries.count + 16 { compact() }
  }

  private mutating func compact() {
    var rest = RingBuffer<(key: Key, use: Int)>()
    while let next = uses.popFirst() {
      if entries[next.key]?.use == next.use { rest.append(next) }
    }
    uses = rest
  }

  private mutating func evict() {
    while entries.count > capacity, let next = uses.popFirst() {
      if entries[next.key]?.use == next.use { entries[next.key] = nil }
    }
  }
}
