// SPDX-License-Identifier: Apache-2.0
/// Decides, when a batch's timer is due, whether the batch waits on. Pure.
///
/// The timer is the last resort, for the time in which no origin can tell that no more keys come:
/// some worker is busy, or keys come from code that runs in no task. Time alone says little: on a
/// busy machine the system may have interrupted the very job that is about to load. So the timer
/// looks at progress: jobs that were started, passes of probes, keys, and processor time.
///
/// It is due once each *period*, half of `maxDelay`. The first time only notes how far everything
/// has come.
struct FillTracker: Sendable {
  /// How far everything has come that may add keys to a batch.
  struct Progress: Sendable, Equatable {
    /// How many jobs the executors of the batch's tasklets have started.
    var jobs = 0
    /// How many jobs are ready there.
    var ready = 0
    /// How often the probes of the batch's origins have passed.
    var passes = 0
    /// Whether there are such probes.
    var isProbed = false
    /// The processor time of all threads but the timer's; the time of a manual clock.
    var processorTime: Nanoseconds = 0
    /// The timer's thread. Processor times that two threads have read cannot be compared.
    var thread: ObjectIdentifier?

    /// Whether the process used so much processor time since an earlier moment.
    fileprivate func hasUsed(_ time: Nanoseconds, since last: Progress) -> Bool {
      thread == last.thread && processorTime >= last.processorTime + time
    }
  }

  enum OnTimer: Equatable {
    case leave
    /// The timer is set again, for so many periods.
    case wait(periods: Int)
  }

  /// How many periods a batch waits with keys, with a job that loaded and still runs, or behind a
  /// probe that does not pass.
  private static let maxPatience = 20
  /// How many keys a task that nothing can tell of has to add in a period to count as going on.
  private static let burst = 16
  /// How often the timer is set again while the process gets no processor time.
  private static let maxStalls = 24

  /// The job that loaded last; `nil` if every key came from outside the executors.
  private var loader: Loader?
  /// Whether a key came from code of which nothing can tell when it adds no more.
  private var hasUnknownOrigin = false
  /// The only task of unknown origin that loads; `nil` if there is none, or more than one.
  private var outsideTask: Int?
  /// How far everything was when the timer was last due; `nil` before the first time.
  private var last: Progress?
  private var lastLoads = 0
  /// How many jobs will have been started when all have that were ready at some time before.
  private var passEnd = 0
  private var patience = 0
  private var stalls = 0

  /// - Parameters:
  ///   - isWatched: whether something can tell when the key's origin adds no more.
  ///   - loader: the job that loads; `nil` for code that runs on no executor of ours.
  ///   - count: how many loads have joined now.
  ///   - task: the task of unknown origin that loads. Looked at for each sixteenth load, which is
  ///     enough for a task that adds many.
  mutating func joined(
    isWatched: Bool, by loader: Loader?, count: Int, outsideTask task: @autoclosure () -> Int?
  ) {
    if let loader {
      // Most keys come from the job that loaded last, and to compare is cheaper than to store.
      if self.loader?.job.isSame(as: loader.job) != true { self.loader = loader }
      return
    }
    if isWatched { return }
    hasUnknownOrigin = true
    guard count % 16 == 1 else { return }
    let task = task()
    if count == 1 { outsideTask = task } else if outsideTask != task { outsideTask = nil }
  }

  /// A period has passed.
  ///
  /// - Parameters:
  ///   - period: how long it is.
  ///   - loads: how many loads have joined.
  ///   - isRunning: whether a job still runs, and so may load more.
  mutating func timerIsDue(
    _ progress: Progress, period: Nanoseconds, loads: Int, isRunning: (Loader) -> Bool
  ) -> OnTimer {
    guard let last else {
      passEnd = progress.jobs + progress.ready
      return note(progress, loads, periods: 1)
    }
    let hasStarted = progress.jobs > last.jobs
    let isPassOver = progress.jobs >= passEnd
    if isPassOver { passEnd = progress.jobs + progress.ready }
    let keys = loads - lastLoads
    if progress.passes > last.passes {
      patience = 0
      return note(progress, loads, periods: 1)
    }
    if !progress.hasUsed(period / 2, since: last), stalls < Self.maxStalls {
      stalls += 1
      return note(progress, loads, periods: 1 << min(stalls, 5))
    }
    if hasStarted, !isPassOver, !hasUnknownOrigin { return note(progress, loads, periods: 1) }
    patience += 1
    // A probe that does not pass may be behind many jobs that are ready.
    let waits =
      patience <= Self.maxPatience
      && (progress.isProbed && !hasUnknownOrigin || isBeingFilled(keys, isRunning))
    return waits ? note(progress, loads, periods: 1) : .leave
  }

  private func isBeingFilled(_ keys: Int, _ isRunning: (Loader) -> Bool) -> Bool {
    if let loader { return !hasUnknownOrigin && (keys > 0 || isRunning(loader)) }
    return hasUnknownOrigin ? outsideTask != nil && keys >= Self.burst : keys > 0
  }

  private mutating func note(_ progress: Progress, _ loads: Int, periods: Int) -> OnTimer {
    last = progress
    lastLoads = loads
    return .wait(periods: periods)
  }
}

/// The job that loads a key.
// Four words: the compiler copies and destroys a larger one out of line, and that made a load 400
// instructions longer.
struct Loader: Sendable {
  let job: JobMark
  /// The job that started the tasklet of `job`; known for the first job of each tasklet.
  let spawner: JobMark?

  /// Whether the job, or the one that started its tasklet, still runs and may load more.
  var isRunning: Bool { job.isRunning || spawner?.isRunning == true }
}
