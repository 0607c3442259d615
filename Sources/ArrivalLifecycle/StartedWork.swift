// SPDX-License-Identifier: Apache-2.0
#if Lifecycle
  internal import Arrival
  internal import Synchronization

  /// Runs a body, such as one request, then waits for what it started and did not await.
  ///
  /// ```swift
  /// try await awaitingStartedWork(within: .seconds(10)) {
  ///   datastore.put(visit)                    // nobody awaits it
  ///   Future("mail") { try await send(mail) } // nor this
  ///   return page
  /// }                                         // returns when both have ended
  /// ```
  ///
  /// It waits for tasklets that the body starts, for keys that it loads from batchers, and so for
  /// its puts and gets of a datastore; and for those of the tasklets. Plain `Task { … }` is not
  /// waited for, but what such a task starts is. The errors of what nobody awaited are reported as
  /// unobserved failures, not thrown.
  ///
  /// The first call installs an instrument, which costs each tasklet and each load about as much as
  /// `ArrivalMetrics` does.
  ///
  /// - Parameters:
  ///   - limit: how long to wait after the body has ended.
  ///   - body: the request.
  /// - Returns: what the body returns.
  /// - Throws: what the body throws; ``UnfinishedWork`` if something has not ended in time;
  ///   `CancellationError` if the task is cancelled while it waits.
  public nonisolated(nonsending) func awaitingStartedWork<Result>(
    within limit: Duration = .seconds(30), _ body: () async throws -> Result
  ) async throws -> Result {
    WorkInstrument.install()
    let work = StartedWork()
    let result: Result
    do {
      result = try await StartedWork.$current.withValue(work, operation: body)
    } catch {
      try? await work.wait(within: limit)
      throw error
    }
    try await work.wait(within: limit)
    return result
  }

  /// What the code in one body has started and what has not ended.
  final class StartedWork: Sendable {
    @TaskLocal static var current: StartedWork?

    private struct State {
      var tasklets: [TaskletID: String] = [:]
      var batches: Set<BatchID> = []
      var waiter: Promise<Void>?
      var isEmpty: Bool { tasklets.isEmpty && batches.isEmpty }
    }

    private let state = Mutex(State())

    func began(_ tasklet: InstrumentEvent.TaskletStarted) {
      let text =
        "tasklet\(tasklet.name.map { " \"\($0)\"" } ?? "") created in \(tasklet.creationSite)"
      state.withLock { $0.tasklets[tasklet.id] = text }
    }

    func began(_ batch: BatchID) { state.withLock { _ = $0.batches.insert(batch) } }

    func ended(_ tasklet: TaskletID) { change { $0.tasklets[tasklet] = nil } }
    func ended(_ batch: BatchID) { change { $0.batches.remove(batch) } }

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
      let pending = state.withLock { state in
        state.tasklets.sorted { $0.key.number < $1.key.number }.map(\.value)
          + state.batches.map { "\($0)" }
      }
      if !pending.isEmpty { throw UnfinishedWork(limit: limit, pending: pending) }
    }
  }

  /// Tells the bodies of the ends of what they started.
  private final class WorkInstrument: Instrument {
    private static let installed = Instruments.install(WorkInstrument())
    static func install() { _ = installed }

    private struct State {
      var tasklets: [TaskletID: StartedWork] = [:]
      var batches: [BatchID: [StartedWork]] = [:]
      var ended = EndedBatches()
    }

    private let state = Mutex(State())

    func record(_ event: InstrumentEvent) {
      switch event {
      case .taskletStarted(let start):
        guard let work = StartedWork.current else { return }
        work.began(start)
        state.withLock { $0.tasklets[start.id] = work }
      case .taskletEnded(let end):
        state.withLock { $0.tasklets.removeValue(forKey: end.id) }?.ended(end.id)
      case .keyLoaded(let load): loaded(load)
      case .batchDropped(let batch): ended(batch.id)
      case .batchEnded(let batch): ended(batch.id)
      default: break
      }
    }

    private func loaded(_ load: InstrumentEvent.KeyLoaded) {
      guard let batch = load.batch, let work = StartedWork.current else { return }
      state.withLock { state in
        // Another thread may have sent it meanwhile, and its answer may have come.
        if state.ended.contains(batch) { return }
        if state.batches[batch]?.last !== work { state.batches[batch, default: []].append(work) }
        work.began(batch)
      }
    }

    private func ended(_ batch: BatchID) {
      let works = state.withLock { state in
        state.ended.add(batch)
        return state.batches.removeValue(forKey: batch) ?? []
      }
      for work in works { work.ended(batch) }
    }
  }

  /// The batches that ended last.
  private struct EndedBatches {
    private static let limit = 4096
    private var set: Set<BatchID> = []
    private var ring: [BatchID] = []
    private var next = 0

    func contains(_ batch: BatchID) -> Bool { set.contains(batch) }

    mutating func add(_ batch: BatchID) {
      set.insert(batch)
      if ring.count < Self.limit { return ring.append(batch) }
      set.remove(ring[next])
      ring[next] = batch
      next = (next + 1) % Self.limit
    }
  }
#endif
