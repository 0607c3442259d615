internal import DatastoreModel
private import Synchronization

/// Counts the calls under way, so that closing waits for them, and refuses those that come later.
///
/// GRDB's pool may not be closed and used at once.
final class Gate: Sendable {
  private struct State {
    var inside = 0
    var isClosed = false
    var closer: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  func enter(_ path: String?) throws(DatastoreError) {
    let isClosed = state.withLock { state in
      if !state.isClosed { state.inside += 1 }
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
      state.inside -= 1
      return state.inside == 0 ? state.closer.take() : nil
    }
    closer?.resume()
  }

  /// Shuts the gate and waits until nobody is inside; `false`, at once, if it was shut already.
  func close() async -> Bool {
    let isFirst = state.withLock { state in
      defer { state.isClosed = true }
      return !state.isClosed
    }
    guard isFirst else { return false }
    await withCheckedContinuation { continuation in
      let isEmpty = state.withLock { state in
        if state.inside > 0 { state.closer = continuation }
        return state.inside == 0
      }
      if isEmpty { continuation.resume() }
    }
    return true
  }
}
