#if Cloud
  internal import DatastoreModel
  private import Synchronization

  /// Counts the calls under way, so that closing waits for them, and refuses those that come later.
  final class CallGate: Sendable {
    private struct State {
      var inside = 0
      var isClosed = false
      var closers: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let address: String

    init(_ address: String) { self.address = address }

    func enter() throws(DatastoreError) {
      let isClosed = state.withLock { state in
        if !state.isClosed { state.inside += 1 }
        return state.isClosed
      }
      if isClosed {
        throw DatastoreError(
          .failedPrecondition,
          "The datastore \(address) was closed before this call. Open another one to go on.")
      }
    }

    func leave() {
      let closers = state.withLock { state -> [CheckedContinuation<Void, Never>] in
        state.inside -= 1
        guard state.inside == 0 else { return [] }
        defer { state.closers = [] }
        return state.closers
      }
      for closer in closers { closer.resume() }
    }

    /// Shuts the gate and waits until nobody is inside; `false` if it was shut already.
    func close() async -> Bool {
      let isFirst = state.withLock { state in
        defer { state.isClosed = true }
        return !state.isClosed
      }
      await withCheckedContinuation { continuation in
        let isEmpty = state.withLock { state in
          if state.inside > 0 { state.closers.append(continuation) }
          return state.inside == 0
        }
        if isEmpty { continuation.resume() }
      }
      return isFirst
    }
  }
#endif
