/// Who adds keys to an open batch, and how long the batch's timer waits for that. Pure.
///
/// The timer is for the time in which quiescence cannot tell: while some worker is busy. A worker
/// that fills this batch is waited for; the batch then leaves full or at quiescence. A worker that
/// is busy with something else is not.
///
/// For tasks outside our executors we know only that one task is adding many keys in a row. Such a
/// task waits for none of them meanwhile, so its batch stays open while it goes on.
struct FillTracker: Sendable {
  /// How many times in a row the timer is set again for a job that runs but adds nothing: it may be
  /// computing, or the system may have taken its core away. For a task outside the executors, how
  /// many times in all.
  private static let maxPatience = 10
  /// How many keys a task outside the executors has to add in `maxDelay` to count as going on.
  private static let burst = 32

  /// The job that loaded last; `nil` if every key came from outside the executors.
  private var loader: Loader?
  /// Whether a key came from code that runs on no executor. Quiescence says nothing about that
  /// code.
  private var hasKeyFromOutside = false
  /// The only task outside the executors that loads; `nil` if there is none, or more than one.
  private var outsideTask: Int?
  /// How many loads had joined when the timer was last set.
  private var loadsAtTimer = 1
  /// How often the timer was set again although that may have been in vain.
  private var patience = 0

  /// - Parameters:
  ///   - loader: the job that loads; `nil` for code that runs on no executor.
  ///   - count: how many loads have joined now.
  ///   - task: the task outside the executors that loads. Looked at for each sixteenth load, which
  ///     is enough for a task that adds many.
  mutating func joined(by loader: Loader?, count: Int, outsideTask task: @autoclosure () -> Int?) {
    if let loader {
      // Most keys come from the job that loaded last, and to compare is cheaper than to store.
      if self.loader?.job.isSame(as: loader.job) != true { self.loader = loader }
      return
    }
    hasKeyFromOutside = true
    guard count % 16 == 1 else { return }
    let task = task()
    if count == 1 { outsideTask = task } else if outsideTask != task { outsideTask = nil }
  }

  /// `maxDelay` has passed. Returns whether the batch waits for as long again.
  ///
  /// - Parameters:
  ///   - loads: how many loads have joined.
  ///   - isRunning: whether a job still runs, and so may load more.
  mutating func waitsOn(loads: Int, isRunning: (Loader) -> Bool) -> Bool {
    let added = loads - loadsAtTimer
    if let loader {
      if hasKeyFromOutside || !isRunning(loader) { return false }
      patience = added > 0 ? 0 : patience + 1
    } else {
      if outsideTask == nil || added < Self.burst { return false }
      patience += 1
    }
    loadsAtTimer = loads
    return patience <= Self.maxPatience
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
