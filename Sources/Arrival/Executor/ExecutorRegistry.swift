// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// The executors of the program, for dumps. It keeps none of them alive.
///
/// An executor is entered when it is made, and taken out by its `deinit`, which waits for the lock.
/// So an executor that is found here under the lock still has all its parts. The references are not
/// weak: the first weak reference to an object makes every retain of it slow for good.
///
/// This is the one place where the lock of a run loop is taken under another. The order is never
/// reversed: nothing that is freed under a run loop's lock is the last to keep an executor.
enum ExecutorRegistry {
  private struct Entry {
    let number: Int
    let executor: Unmanaged<TaskletExecutor>
  }

  private struct State {
    var entries: [ObjectIdentifier: Entry] = [:]
    var next = 0
  }

  private static let state = Lock(State())

  static func add(_ executor: TaskletExecutor) {
    let unmanaged = Unmanaged.passUnretained(executor)
    let id = ObjectIdentifier(executor)
    state.withLock { state in
      state.entries[id] = Entry(number: state.next, executor: unmanaged)
      state.next += 1
    }
  }

  static func remove(_ executor: TaskletExecutor) {
    let id = ObjectIdentifier(executor)
    _ = state.withLock { $0.entries.removeValue(forKey: id) }
  }

  /// How many pieces of work all executors have run; `nil` if one runs or is ready.
  static var restingJobs: Int? {
    state.withLock { state in
      var sum = 0
      for entry in state.entries.values {
        guard let jobs = entry.executor._withUnsafeGuaranteedRef({ $0.restingJobs }) else {
          return nil
        }
        sum += jobs
      }
      return sum
    }
  }

  /// What an executor had to do at one moment.
  struct Load {
    let name: String
    let statistics: TaskletExecutor.Statistics
    /// The oldest tasklets that are pending.
    let tasklets: [Tasklet.Pending]
  }

  /// The executors that have something to do, in the order in which they were made, with the oldest
  /// `limit` of their tasklets. Holds up an executor for no longer than it takes to copy these.
  static func loads(limit: Int) -> [Load] {
    // Tasklets leave the lock; they keep their executor while they are pending.
    state.withLock { state in
      var rest = limit
      let entries = state.entries.values.sorted { $0.number < $1.number }
      return entries.compactMap { entry in
        entry.executor._withUnsafeGuaranteedRef { executor in
          let (statistics, tasklets) = executor.loop.withLock { loop in
            (loop.statistics, loop.liveTasklets.oldest(limit: rest))
          }
          rest -= tasklets.count
          if statistics.pendingTasklets == 0, statistics.ready == 0, statistics.timers == 0 {
            return nil
          }
          return Load(name: executor.name, statistics: statistics, tasklets: tasklets)
        }
      }
    }
  }
}

extension TaskletExecutor {
  /// How many pieces of work it has run; `nil` if one runs or is ready.
  var restingJobs: Int? { loop.withLock { $0.isQuiescent ? $0.counts.jobs : nil } }
}
