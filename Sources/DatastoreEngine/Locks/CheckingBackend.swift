// SPDX-License-Identifier: Apache-2.0
package import DatastoreModel

/// A backend whose data other processes may write too.
///
/// Locks hold only for the process that has them. So a ``PessimisticBackend`` has the backend below
/// note what a transaction reads, and check at its commit that no other process has changed it.
package protocol CheckingBackend: DatastoreBackend {
  /// Begins a transaction that may write, and whose reads see the newest state.
  ///
  /// Its commit fails with `aborted` if what it has read has changed.
  ///
  /// - Returns: `nil` if no other process can write the data.
  func beginCheckedTransaction() throws -> TransactionID?
}
