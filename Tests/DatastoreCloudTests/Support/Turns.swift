// SPDX-License-Identifier: Apache-2.0
#if Cloud
  import Arrival
  import Synchronization

  /// Lets a number of bodies run at once; the others wait, first come, first served.
  final class Turns: Sendable {
    private struct State {
      var free: Int
      var waiting: [Promise<Void>] = []
    }

    private let state: Mutex<State>

    init(_ count: Int) { state = Mutex(State(free: count)) }

    func take<T>(_ body: () async throws -> T) async throws -> T {
      let promise = state.withLock { state -> Promise<Void>? in
        if state.free > 0 {
          state.free -= 1
          return nil
        }
        let promise = Promise<Void>()
        state.waiting.append(promise)
        return promise
      }
      try await promise?.future.value
      defer { leave() }
      return try await body()
    }

    private func leave() {
      let next = state.withLock { state -> Promise<Void>? in
        if state.waiting.isEmpty {
          state.free += 1
          return nil
        }
        return state.waiting.removeFirst()
      }
      next?.succeed(())
    }
  }
#endif
