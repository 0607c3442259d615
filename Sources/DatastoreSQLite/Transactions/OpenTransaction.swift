// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreModel
  internal import GRDB

  /// A transaction from its first request to its last.
  ///
  /// `@unchecked Sendable`: the lock of ``OpenTransactions`` protects `uses` and `isOver`.
  final class OpenTransaction: @unchecked Sendable {
    let mode: TransactionMode
    /// The state of the file that the transaction reads.
    ///
    /// It is `nil` in memory, where there is only one connection. The transaction then goes on as
    /// long as everything that it has read still holds.
    let snapshot: DatabaseSnapshot?
    /// The earlier state that it reads, if it was begun at a time.
    let past: PastState?
    let log = ReadLog()
    /// How many of its requests are running.
    var uses = 0
    var isOver = false

    init(_ mode: TransactionMode, _ snapshot: DatabaseSnapshot?) {
      self.mode = mode
      if case .readOnly(let time?) = mode {
        past = PastState(time: time.microseconds)
      } else {
        past = nil
      }
      self.snapshot = snapshot
    }
  }
#endif
