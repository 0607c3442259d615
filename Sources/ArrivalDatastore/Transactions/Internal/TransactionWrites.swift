internal import Arrival

/// What a transaction will write: pure, without I/O.
struct TransactionWrites: Sendable {
  /// Whether it still takes writes: until the closure has returned, and all have their IDs.
  private(set) var isOpen = true
  private var places: [Key: Int] = [:]
  private(set) var mutations: [Mutation] = []
  private var sizes: [Int] = []
  private(set) var afterCommit: [@Sendable () async -> Void] = []
  /// Writes that wait for their IDs, and those that were refused.
  private var underWay: [Future<Key>] = []

  var bytes: Int { sizes.reduce(0, +) }

  /// Takes note of a write, in the place of an earlier one of its key.
  ///
  /// - Throws: `failedPrecondition` if it takes no more: the write would be in no commit.
  mutating func add(_ mutation: Mutation, bytes: Int) throws(DatastoreError) {
    guard isOpen else { throw TransactionSession.over }
    guard let key = mutation.key else { return }
    if let place = places[key] {
      mutations[place] = mutation
      sizes[place] = bytes
    } else {
      places[key] = mutations.count
      mutations.append(mutation)
      sizes.append(bytes)
    }
  }

  /// Takes note of a write that has no ID yet, or was refused: it is waited for, or fails all.
  ///
  /// - Throws: As ``add(_:bytes:)``.
  mutating func wait(for future: Future<Key>) throws(DatastoreError) {
    guard isOpen else { throw TransactionSession.over }
    underWay.append(future)
  }

  /// Takes note of what is to run after the commit; does nothing if it takes no more.
  mutating func addCallback(_ body: @escaping @Sendable () async -> Void) {
    if isOpen { afterCommit.append(body) }
  }

  enum OnSettle {
    case wait([Future<Key>])
    case closed
  }

  /// The closure has returned: what is to be waited for, or if there is nothing, takes no more.
  ///
  /// - Throws: `invalidArgument` for more than travels in one commit. It is closed before that is
  ///   looked at, so nothing can come behind the check.
  mutating func settle() throws(DatastoreError) -> OnSettle {
    if !underWay.isEmpty {
      defer { underWay = [] }
      return .wait(underWay)
    }
    close()
    try check()
    return .closed
  }

  /// Takes no more.
  mutating func close() { isOpen = false }

  /// Checks what travels in one commit.
  private func check() throws(DatastoreError) {
    guard mutations.count <= Limits.commitMutations else {
      throw DatastoreError(
        .invalidArgument,
        """
        The transaction writes \(mutations.count) entities; at most \(Limits.commitMutations) are \
        allowed. Split it, or write outside of it what need not be written together.
        """)
    }
    guard bytes <= Limits.requestBytes else {
      throw DatastoreError(
        .invalidArgument,
        """
        The transaction writes \(Limits.grouped(bytes)) bytes; at most \
        \(Limits.grouped(Limits.requestBytes)) are allowed. Split it.
        """)
    }
  }
}
