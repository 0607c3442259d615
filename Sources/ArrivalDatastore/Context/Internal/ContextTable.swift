internal import Arrival

/// What a context keeps: pure, without lock or I/O.
struct ContextTable: Sendable {
  private struct Entry: Sendable {
    var future: Future<Entity?>
    /// Tells entries of one key apart.
    var token: Int
    /// Whether it stands for a change that is not durable yet, and so must not be dropped.
    var isBeingWritten: Bool
    /// The place of its last use in `uses`; `nil` while it is being written, when it is not there.
    var use: Int?
  }

  /// The changes of one key that have not come to their ends.
  private struct Writes: Sendable {
    var count = 0
    /// Whether several were under way together: which of them the store took last is not known here,
    /// for they were not asked for and noted in one step.
    var isContested = false
  }

  private let capacity: Int
  private(set) var isOpen = true
  private var entries: [Key: Entry] = [:]
  private var writes: [Key: Writes] = [:]
  /// Keys in the order of their uses; those used again since are there twice.
  private var uses = FIFO<(key: Key, use: Int)>()
  private var lastUse = 0
  private var lastToken = 0
  /// How many changes were asked for: a lookup that began before one may be older than it.
  private var changes = 0

  init(capacity: Int) { self.capacity = capacity }

  var count: Int { entries.count }

  enum OnGet {
    case hit(Future<Entity?>)
    /// Look it up, then hand the future to ``loaded(_:_:_:)`` with this ticket.
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

  /// A lookup is under way; returns the future to be used for it, which may be one that came before.
  mutating func loaded(_ future: Future<Entity?>, _ key: Key, _ ticket: Int) -> Future<Entity?> {
    if let entry = entries[key], !entry.future.hasFailed { return entry.future }
    // With a change under way it could be older than that.
    if ticket == changes, writes[key] == nil { set(key, future, isBeingWritten: false) }
    return future
  }

  /// A change was asked for; the token names it in ``written(_:_:isWritten:)``.
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

  /// A change has come to its end. What several together have made of an entity is looked up anew.
  mutating func written(_ key: Key, _ token: Int, isWritten: Bool) {
    guard var underWay = writes[key] else { return }
    underWay.count -= 1
    writes[key] = underWay.count > 0 ? underWay : nil
    let isCurrent = entries[key]?.token == token
    if underWay.count > 0 {
      // The others may be seen while they are under way, but not one that has failed.
      if isCurrent, !isWritten { remove(key) }
    } else if underWay.isContested || isCurrent && !isWritten {
      remove(key)
    } else if isCurrent {
      entries[key]?.isBeingWritten = false
      touch(key)
      evict()
    }
  }

  mutating func remove(_ key: Key) {
    changes += 1
    entries[key] = nil
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
    // Uses of what was used again since are taken out before they outgrow the entries.
    if uses.count > 2 * entries.count + 16 { compact() }
  }

  private mutating func compact() {
    var rest = FIFO<(key: Key, use: Int)>()
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
