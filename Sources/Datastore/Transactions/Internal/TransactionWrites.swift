internal import Arrival

/// What a transaction will write: pure, without I/O.
struct TransactionWrites: Sendable {
  /// Whether the closure still runs.
  private(set) var isOpen = true
  private var places: [Key: Int] = [:]
  private(set) var mutations: [Mutation] = []
  private var sizes: [Int] = []
  /// Writes that wait for their IDs, and those that were refused.
  var underWay: [Future<Key>] = []
  var afterCommit: [@Sendable () async -> Void] = []

  var bytes: Int { sizes.reduce(0, +) }

  /// Takes note of a write, in the place of an earlier one of its key.
  mutating func add(_ mutation: Mutation, bytes: Int) {
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

  /// Takes no more.
  mutating func close() { isOpen = false }

  /// Checks what travels in one commit.
  func check() throws(DatastoreError) {
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
