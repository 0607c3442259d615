// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import CArrivalTesting
internal import Dispatch
internal import Synchronization

/// What runs in one manual time: an executor, the thread of its loop, and the tasks whose jobs it
/// takes from the global pool.
final class ManualWorld: Sendable {
  let executor: TaskletExecutor
  private let loop: ManualLoop
  private let time: ManualTime
  /// The number of the body's task. Tasks with smaller numbers are older than this world.
  private let firstTask = Atomic<UInt64>(.max)
  private let failure = Mutex<NothingCanArrive?>(nil)

  init(seed: UInt64?, patience: Duration) {
    let place = ExecutorPlace()
    loop = ManualLoop(
      patience: patience, afterMainActor: { DispatchQueue.main.async(execute: $0) },
      nothingCanArrive: { place.nothingCanArrive })
    executor = .manual("manual time", seed: seed, loop: loop)
    time = ManualTime(executor, loop, seed: seed)
    place.executor = executor
  }

  /// Where the loop's error finds the executor, which is made after the loop.
  // `@unchecked Sendable`: set before the loop runs.
  private final class ExecutorPlace: @unchecked Sendable {
    weak var executor: TaskletExecutor?

    var nothingCanArrive: NothingCanArrive {
      NothingCanArrive(dump: executor.map(PendingFutures.formatDump(of:)) ?? "")
    }
  }

  /// The error, if the body waited for what can never arrive.
  var error: NothingCanArrive? { failure.withLock { $0 } }

  /// Starts the body, as a tasklet.
  func start<Result: Sendable>(
    function: StaticString, file: StaticString, line: UInt,
    _ body: sending @escaping (ManualTime) async throws -> Result
  ) -> Future<Result> {
    JobRouter.add(self)
    // It is passed on once, to the tasklet, through closures that are called at once.
    nonisolated(unsafe) let body = body
    return ManualTimeContext.$executor.withValue(executor) {
      ManualTime.$values.withValue(time) {
        Future(
          "the body of withManualTime", on: executor, function: function, file: file, line: line
        ) { [self] in
          firstTask.store(arrival_current_task_id(), ordering: .relaxed)
          return try await body(time)
        }
      }
    }
  }

  /// Runs everything on a new thread until the body has ended, then calls `completion`.
  func run<Result>(until body: Future<Result>, completion: @escaping @Sendable () -> Void) {
    let run = ThreadBody { [self] in
      let this = Unmanaged.passUnretained(self).toOpaque()
      _ = arrival_thread_set_owner(this)
      if !executor.runManually(until: body.done) {
        failure.withLock { $0 = NothingCanArrive(dump: PendingFutures.formatDump(of: executor)) }
        loop.giveUp()
        body.cancel()
        _ = executor.runManually(until: body.done)
      }
      executor.endManually()
      JobRouter.remove(self)
      _ = arrival_thread_set_owner(nil)
      completion()
    }
    let code = arrival_thread_start(
      { Unmanaged<ThreadBody>.fromOpaque($0).takeRetainedValue().body() },
      Unmanaged.passRetained(run).toOpaque())
    precondition(
      code == 0, "the system could not start a thread for withManualTime (error \(code))")
  }

  private final class ThreadBody: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  // MARK: Jobs of the global pool

  /// The world for which the calling thread works.
  static var ofThread: ManualWorld? {
    arrival_thread_owner().map { Unmanaged<ManualWorld>.fromOpaque($0).takeUnretainedValue() }
  }

  /// Whether a task was made after this world. Older tasks are of code outside, even if code inside
  /// resumes them.
  func isYounger(_ task: UInt64) -> Bool { task >= firstTask.load(ordering: .relaxed) }

  /// Runs a job that was meant for the global pool.
  func take(_ job: UnownedJob) {
    // Named as the executor, so that `Task.yield()` in the job comes back here, too.
    executor.enqueueWork { [unowned executor] in
      job.runSynchronously(on: executor.asUnownedTaskExecutor())
    }
  }
}
