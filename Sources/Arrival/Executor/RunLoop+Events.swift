// SPDX-License-Identifier: Apache-2.0
/// What a ``RunLoop`` is given to run, and what it tells its driver to do.
extension RunLoop {
  /// How many jobs were started, and how many are ready.
  var progress: (started: Int, ready: Int) { (counts.jobs, ready.count) }

  /// A piece of work.
  enum Ready {
    /// The next step of some task.
    case job(UnownedJob)
    /// The first step of a tasklet. A waiting thread may have claimed it meanwhile.
    case start(Tasklet)
    /// A timer that is due.
    case timer(Timer)
    /// A closure of ours: callbacks to run.
    case work(WorkItem)
  }

  /// Which thread to wake for work that became ready.
  enum Wakeup {
    case nobody
    /// Wake this sleeping worker.
    case wake(Worker)
    /// Start a thread for this new worker.
    case start(Worker)
  }

  /// What a driver does next.
  enum Next {
    case run(Ready, Wakeup)
    /// The loop is quiescent: call these callbacks in order.
    case runIdle([IdleCallback], Wakeup)
    case nothing
  }

  /// What a worker thread does next.
  enum OnAsk {
    case run(Ready, Wakeup)
    case runIdle([IdleCallback], Wakeup)
    case sleep(until: Nanoseconds?)
    case exit
  }

  /// What a blocking wait causes.
  struct OnBlock {
    let wakeup: Wakeup
    /// So many threads are blocked that new tasklets are held back.
    let exceedsLimit: Bool
  }
}

/// Work that code made ready which does not run on the executor. Pure.
struct OutsideArrivals {
  private(set) var count = 0
  private var seen = 0

  mutating func came() { count &+= 1 }

  /// Returns how often work has come, if some came since the last look.
  mutating func look() -> Int? {
    if count == seen { return nil }
    seen = count
    return count
  }
}

/// A closure in the queue of ready work.
final class WorkItem: Sendable {
  let body: @Sendable () -> Void
  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

/// A closure to call at quiescence.
final class IdleCallback: Sendable {
  /// What has to hold besides that the loop is quiescent.
  enum Moment {
    case quiescent
    /// No admitted tasklet is on its way, and no pending one is being failed.
    case atRest
    /// The same, and every tasklet has ended, apart from the one that waits for this.
    case ended(except: Tasklet?)
  }

  let moment: Moment
  let repeats: Bool
  let body: @Sendable () throws -> Void

  init(
    _ moment: Moment = .quiescent, repeats: Bool, _ body: @escaping @Sendable () throws -> Void
  ) {
    self.moment = moment
    self.repeats = repeats
    self.body = body
  }
}

/// The callbacks of one quiescence that a thread has still to call.
struct IdleRun {
  let executor: TaskletExecutor
  var rest: ArraySlice<IdleCallback>

  /// Gives the rest to another thread: a callback goes to sleep, perhaps for a result that a later
  /// callback brings.
  mutating func handOver() {
    let rest = rest
    if rest.isEmpty { return }
    self.rest = []
    executor.submit(WorkItem { [executor] in executor.runIdle(rest) })
  }
}
