internal import Arrival

/// Counts the requests that a datastore has to see the end of before it closes.
final class RequestsUnderWay: Sendable {
  private struct State {
    var count = 0
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Lock(State())

  func run<Reply>(_ request: () async throws -> Reply) async rethrows -> Reply {
    state.withLock { $0.count += 1 }
    defer {
      let waiting = state.withLock { state -> [CheckedContinuation<Void, Never>] in
        state.count -= 1
        guard state.count == 0 else { return [] }
        defer { state.waiting = [] }
        return state.waiting
      }
      for continuation in waiting { continuation.resume() }
    }
    return try await request()
  }

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
