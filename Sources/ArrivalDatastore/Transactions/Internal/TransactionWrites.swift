// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import DatastoreEngine

/// The writes of a transaction. It is pure, without I/O.
struct TransactionWrites: Sendable {
  /// Whether it accepts writes, which is until the closure has returned and all keys have their
  /// IDs.
  private(set) var isOpen = true
  private var places: [Key: Int] = [:]
  private(set) var mutations: [Mutation] = []
  private var sizes: [Int] = []
  private(set) var afterCommit: [Callback] = []
  /// What runs when the attempt has ended.
  private(set) var afterCompletion: [@Sendable (Result<Void, any Error>) async -> Void] = []
  /// Writes that wait for their IDs, and refused writes.
  private var underWay: [Future<Key>] = []

  /// What runs after the commit.
  enum Callback: Sendable {
    case body(@Sendable () async -> Void)
    /// Tells hooks of a write, which is a step of the mutation of its key.
    case hooks(HookList, Mutation, step: Int)
  }

  /// The write of a key so far.
  func mutation(of key: Key) -> Mutation? { places[key].map { mutations[$0] } }

  var bytes: Int { sizes.reduce(0, +) }

  /// Notes a write, merged with an earlier one of the same key.
  ///
  /// - Throws: `failedPrecondition` if no more writes are accepted, because no commit would have
  ///   the write; `invalidArgument` for an insert or update that the earlier write rules out.
  mutating func add(_ mutation: Mutation, bytes: Int) throws(DatastoreError) {
    guard isOpen else { throw TransactionSession.over }
    guard let key = mutation.key else { return }
    if let place = places[key] {
      mutations[place] = try mutations[place].followed(by: mutation)
      let isMerged = mutations[place].dependsOnStoredEntity
      sizes[place] = isMerged ? try Limits.check(mutations[place]) : bytes
    } else {
      places[key] = mutations.count
      mutations.append(mutation)
      sizes.append(bytes)
    }
  }

  /// Notes an insert, unless the transaction has written an entity of the key.
  ///
  /// - Returns: Whether the insert is noted. If not, the key can be read.
  /// - Throws: As ``add(_:bytes:)``.
  mutating func addIfNew(_ insert: Mutation, bytes: Int) throws(DatastoreError) -> Bool {
    if let earlier = insert.key.flatMap({ mutation(of: $0) }), earlier.entity != nil,
      !earlier.dependsOnStoredEntity
    {
      return false
    }
    try add(insert, bytes: bytes)
    return true
  }

  /// Notes that hooks hear of the last write of its key after the commit.
  mutating func addHooks(_ hooks: HookList, after mutation: Mutation) {
    guard let key = mutation.key, let place = places[key] else { return }
    afterCommit.append(.hooks(hooks, mutation, step: mutations[place].earlier.count))
  }

  /// The result of a step of the mutation of a key. `nil` if the backend has not returned it.
  func result(of key: Key, step: Int, in results: [MutationResult]) -> MutationResult? {
    guard results.count == mutations.count, let place = places[key] else { return nil }
    let last = results[place]
    return step < last.earlier.count ? last.earlier[step] : last
  }

  /// Notes a write that has no ID yet, or was refused. The commit waits for it, or fails with it.
  ///
  /// - Throws: As ``add(_:bytes:)``.
  mutating func wait(for future: Future<Key>) throws(DatastoreError) {
    guard isOpen else { throw TransactionSession.over }
    underWay.append(future)
  }

  /// Notes a callback to run after the commit. Does nothing if no more are accepted.
  mutating func addCallback(_ body: @escaping @Sendable () async -> Void) {
    if isOpen { afterCommit.append(.body(body)) }
  }

  mutating func addCompletion(
    _ body: @escaping @Sendable (Result<Void, any Error>) async -> Void
  ) {
    if isOpen { afterCompletion.append(body) }
  }

  enum OnSettle {
    case wait([Future<Key>])
    case closed
  }

  /// Called when the closure has returned. Returns the writes to wait for, or closes if there are
  /// none.
  ///
  /// - Throws: `invalidArgument` for more writes than fit into one commit. It closes before the
  ///   check, so no write can follow the check.
  mutating func settle() throws(DatastoreError) -> OnSettle {
    if !underWay.isEmpty {
      defer { underWay = [] }
      return .wait(underWay)
    }
    close()
    try check()
    return .closed
  }

  /// Accepts no more writes.
  mutating func close() { isOpen = false }

  /// Checks that all writes fit into one commit.
  private func check() throws(DatastoreError) {
    guard mutations.count <= Limits.commitMutations else {
      throw DatastoreError(
        .invalidArgument,
        """
        The transaction writes \(mutations.count) entities; at most \(Limits.commitMutations) are \
        allowed. Split it, or move writes that need not be atomic out of it.
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
