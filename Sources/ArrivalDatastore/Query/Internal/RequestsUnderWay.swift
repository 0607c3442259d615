internal import Arrival

/// Counts the requests that a datastore has to see the end of before it closes.
final class RequestsUnderWay: Sendable {
  private struct State {
    var count = 0
    var isClosed = false
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  /// One request, from the moment it is asked for; it leaves when it has ended, or has come to nothing.
  final class Entry: Sendable {
    private let owner: RequestsUnderWay
    private let hasLeft = Lock(false)

    fileprivate init(_ owner: RequestsUnderWay) { self.owner = owner }

    /// A tasklet that never ran, or that everybody let go of, ends nothing.
    deinit { leave() }

    /// Runs the request, and leaves.
    func run<Reply>(_ request: () async throws -> Reply) async rethrows -> Reply {
      defer { leave() }
      return try await request()
    }

    private func leave() {
      let isFirst = hasLeft.withLock { hasLeft in
        defer { hasLeft = true }
        return !hasLeft
      }
      if isFirst { owner.leave() }
    }
  }

  private let state = Lock(State())

  /// Counts a request from now on; `nil` after ``close()``.
  func enter() -> Entry? {
    let isOpen = state.withLock { state in
      if !state.isClosed { state.count += 1 }
      return !state.isClosed
    }
    return isOpen ? Entry(self) : nil
  }

  /// Lets no more requests enter.
  func close() { state.withLock { $0.isClosed = true } }

  func run<Reply>(_ request: () async throws -> Reply) async rethrows -> Reply {
    state.withLock { $0.count += 1 }
    defer { leave() }
    return try await request()
  }

  private func leave() {
    let waiting = state.withLock { state -> [CheckedContinuation<Void, Never>] in
      state.count -= 1
      guard state.count == 0 else { return [] }
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in waiting { continuation.resume() }
  }

  /// Waits until none is under way.
  func drain() async {
    await withCheckedContinuation { continuation in
      let isIdle = state.withLock { state in
        if state.count > 0 { state.waiting.append(continuation) }
        return state.count == 0
      }
      if isIdle { continuation.resume() }
    }
  }
}
