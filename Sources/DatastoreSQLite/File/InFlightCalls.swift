internal import DatastoreModel
private import Synchronization

/// Counts the calls in flight, so that closing can wait for them, and refuses calls after closing.
///
/// GRDB does not allow a pool to be closed while it is in use.
final class InFlightCalls: Sendable {
  private struct State {
    var count = 0
    var isClosed = false
    var closer: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  /// Counts a call until it calls ``leave()``.
  ///
  /// - Throws: `DatastoreError` with `failedPrecondition` after ``close()``.
  func enter(_ path: String?) throws(DatastoreError) {
    let isClosed = state.withLock { state in
      if !state.isClosed { state.count += 1 }
      return state.isClosed
    }
    if isClosed { throw Self.closed(path) }
  }

  static func closed(_ path: String?) -> DatastoreError {
    let name = path.map { "at \"\($0)\"" } ?? "in memory"
    return DatastoreError(
      .failedPrecondition,
      "The datastore \(name) was closed before this call. Open another SQLiteBackend to go on.")
  }

  func leave() {
    let closer = state.withLock { state -> CheckedContinuation<Void, Never>? in
      state.count -= 1
      return state.count == 0 ? state.closer.take() : nil
    }
    closer?.resume()
  }

  /// Refuses further calls and waits until none is in flight.
  ///
  /// - Returns: `false`, without waiting, if it was closed before.
  func close() async -> Bool {
    let isFirst = state.withLock { state in
      defer { state.isClosed = true }
      return !state.isClosed
    }
    guard isFirst else { return false }
    await withCheckedContinuation { continuation in
      let isIdle = state.withLock { state in
        if state.count > 0 { state.closer = continuation }
        return state.count == 0
      }
      if isIdle { continuation.resume() }
    }
    return true
  }
}
