// SPDX-License-Identifier: Apache-2.0
#if Lifecycle
  internal import Arrival
  internal import Synchronization

  /// Tells the bodies of the ends of what they started.
  final class WorkInstrument: Instrument {
    private static let installed = Instruments.install(WorkInstrument())
    static func install() { _ = installed }

    private struct State {
      var tasklets: [TaskletID: StartedWork] = [:]
      var loads = LoadOwners()
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
      let caller = StartedWork.current
      // Most loads outside of bodies end here, without a lock.
      if caller == nil, load.hold == nil { return }
      let owner = state.withLock { $0.loads.loaded(load, by: caller) }
      if let hold = load.hold { owner?.ended(hold) }
    }

    private func ended(_ batch: BatchID) {
      for work in state.withLock({ $0.loads.ended(batch) }) { work.ended(batch) }
    }
  }
#endif
