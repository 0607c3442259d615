// SPDX-License-Identifier: Apache-2.0
#if Lifecycle
  internal import Arrival
  internal import Synchronization

  /// What the code in one body has started and what has not ended.
  final class StartedWork: Sendable {
    @TaskLocal static var current: StartedWork?

    private struct State {
      var tasklets: [TaskletID: String] = [:]
      var batches: Set<BatchID> = []
      var heldLoads: Set<HoldID> = []
      var waiter: Promise<Void>?

      var isEmpty: Bool { tasklets.isEmpty && batches.isEmpty && heldLoads.isEmpty }

      var pending: [String] {
        tasklets.sorted { $0.key.number < $1.key.number }.map(\.value)
          + batches.sorted { $0.number < $1.number }.map { "\($0)" }
          + heldLoads.sorted { $0.number < $1.number }.map { "\($0)" }
      }
    }

    private let state = Mutex(State())

    func began(_ tasklet: InstrumentEvent.TaskletStarted) {
      let text =
        "tasklet\(tasklet.name.map { " \"\($0)\"" } ?? "") created in \(tasklet.creationSite)"
      state.withLock { $0.tasklets[tasklet.id] = text }
    }

    func began(_ batch: BatchID) { state.withLock { _ = $0.batches.insert(batch) } }
    func began(_ load: HoldID) { state.withLock { _ = $0.heldLoads.insert(load) } }

    func ended(_ tasklet: TaskletID) { change { $0.tasklets[tasklet] = nil } }
    func ended(_ batch: BatchID) { change { $0.batches.remove(batch) } }
    func ended(_ load: HoldID) { change { $0.heldLoads.remove(load) } }

    /// What has not ended.
    var pending: [String] { state.withLock { $0.pending } }

    private func change(_ body: (inout State) -> Void) {
      let waiter = state.withLock { state in
        body(&state)
        return state.isEmpty ? state.waiter.take() : nil
      }
      waiter?.succeed()
    }

    func wait(within limit: Duration) async throws {
      let end = state.withLock { state -> Future<Void>? in
        if state.isEmpty { return nil }
        let waiter = Promise<Void>("the end of started work")
        state.waiter = waiter
        return waiter.future
      }
      guard let end else { return }
      if await end.wait(for: limit) { return }
      try Task.checkCancellation()
      let pending = pending
      if !pending.isEmpty { throw UnfinishedWork(limit: limit, pending: pending) }
    }
  }
#endif
