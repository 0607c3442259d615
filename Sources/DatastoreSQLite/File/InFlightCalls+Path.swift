// SPDX-License-Identifier: Apache-2.0
internal import DatastoreEngine
internal import DatastoreModel

/// GRDB does not allow a pool to be closed while it is in use, so closing waits for the calls in
/// flight.
extension InFlightCalls {
  /// Counts a call until it calls `leave()`.
  ///
  /// - Throws: `DatastoreError` with `failedPrecondition` after `close()`.
  func enter(_ path: String?) throws(DatastoreError) {
    if !enter() { throw Self.closed(path) }
  }

  /// The error of a call after closing. `path` is `nil` in memory.
  static func closed(_ path: String?) -> DatastoreError {
    let name = path.map { "at \"\($0)\"" } ?? "in memory"
    return .closed(
      "The datastore \(name) was closed before this call. Open another SQLiteBackend to go on.")
  }
}
