/// A transaction of a backend, from its beginning to its commit or rollback.
///
/// The Datastore API's `transaction` bytes: only the backend that made it knows what is in it.
public struct TransactionID: Sendable, Hashable {
  /// The name as the backend made it.
  public var bytes: [UInt8]

  /// Makes the name of a transaction of bytes that came from one.
  public init(bytes: [UInt8]) { self.bytes = bytes }
}

/// What a transaction may do: the Datastore API's `TransactionOptions`.
public enum TransactionMode: Sendable, Hashable {
  /// Reads and writes. `retrying` is the transaction that was aborted and is now tried again, with
  /// which a backend may give the new one its turn; `nil` on a first attempt.
  case readWrite(retrying: TransactionID? = nil)
  /// Reads alone, of one state: that of the beginning, or that of an earlier time, which must not
  /// lie further back than the backend keeps.
  case readOnly(asOf: Timestamp? = nil)

  /// Whether it may write.
  public var isReadOnly: Bool {
    if case .readOnly = self { true } else { false }
  }
}

/// In which transaction a request runs: one that has begun, or one that begins with the request.
///
/// For reads the two are `transaction` and `new_transaction` of the Datastore API's `ReadOptions`;
/// for a commit, `transaction` and `single_use_transaction`.
public enum TransactionSelector: Sendable, Hashable {
  /// A transaction that is under way.
  case running(TransactionID)
  /// A new one. The reply to a read names it; that of a commit has ended it. A request that fails
  /// begins none that the caller would have to end.
  case begin(TransactionMode)
}
