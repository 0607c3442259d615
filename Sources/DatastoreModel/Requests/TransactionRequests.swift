// SPDX-License-Identifier: Apache-2.0
/// The ID of a transaction, valid until its commit or rollback.
///
/// It is the Datastore API's `transaction`. Only the backend that made it knows the meaning of its
/// bytes.
public struct TransactionID: Sendable, Hashable {
  /// The bytes of the ID, as the backend made them.
  public var bytes: [UInt8]

  /// Makes an ID from its bytes.
  public init(bytes: [UInt8]) { self.bytes = bytes }
}

/// What a transaction may do: the Datastore API's `TransactionOptions`.
public enum TransactionMode: Sendable, Hashable {
  /// Reads and writes. `retrying` is the aborted transaction that is tried again, which a backend
  /// may prefer to others. `nil` for a first attempt.
  case readWrite(retrying: TransactionID? = nil)
  /// Only reads, from one state: that of the transaction's beginning, or that of an earlier time,
  /// if the backend still has it.
  case readOnly(asOf: Timestamp? = nil)

  /// Whether it may write.
  public var isReadOnly: Bool {
    if case .readOnly = self { true } else { false }
  }
}

/// The transaction of a request: one that has begun, or one that begins with the request.
///
/// In the Datastore API, these are `transaction` and `new_transaction` of a read's `ReadOptions`,
/// and `transaction` and `single_use_transaction` of a commit.
public enum TransactionSelector: Sendable, Hashable {
  /// A transaction that has begun.
  case running(TransactionID)
  /// A new transaction. The reply to a read has its ID. A commit ends it at once. A request that
  /// fails leaves no transaction to end.
  case begin(TransactionMode)
}
