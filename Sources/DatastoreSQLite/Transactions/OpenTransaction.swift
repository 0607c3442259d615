// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreModel
  internal import GRDB

  /// A transaction from its first request to its last.
  ///
  /// `@unchecked Sendable`: the lock of ``OpenTransactions`` protects `uses` and `isOver`.
  final class OpenTransaction: @unchecked Sendable {
    let mode: TransactionMode
    /// What the transaction's reads see.
    let view: View
    /// The earlier state that it reads, if it was begun at a time.
    let past: PastState?
    let log = ReadLog()
    /// How many of its requests are running.
    var uses = 0
    var isOver = false

    init(_ mode: TransactionMode, _ view: View, past: PastState? = nil) {
      self.mode = mode
      if case .readOnly(let time?) = mode {
        self.past = PastState(time: time.microseconds)
      } else {
        self.past = past
      }
      self.view = view
    }

    /// The connection that the transaction has; `nil` for none of its own.
    var snapshot: DatabaseSnapshot? {
      if case .snapshot(let snapshot) = view { snapshot } else { nil }
    }

    /// Whether all reads see one state, whatever is committed meanwhile.
    var isFixed: Bool { snapshot != nil || past != nil }
  }

  extension OpenTransaction {
    /// What the reads of a transaction see.
    enum View {
      /// One state, on a connection of the transaction's own.
      case snapshot(DatabaseSnapshot)
      /// The newest state, as long as everything that was read still holds: each read checks it. In
      /// memory there is only one connection, so it must do without a snapshot. So does a
      /// transaction for which no connection is left.
      case checked
      /// The newest state. Only the commit checks what was read: locks above keep everybody in this
      /// process from changing it, and another process seldom does.
      case newest
    }
  }
#endif
