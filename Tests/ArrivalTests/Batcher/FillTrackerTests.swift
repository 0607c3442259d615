// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Testing

@testable import Arrival

/// What a batch's timer does, in straight-line calls.
@Suite struct FillTrackerTests {
  /// A batch, and what its timer sees.
  private final class Scene {
    var tracker = FillTracker()
    var progress = FillTracker.Progress()
    var loads = 0
    let jobs = JobCounter()

    /// A tasklet loads.
    func load(_ count: Int = 1) {
      for _ in 0..<count {
        loads += 1
        let loader = Loader(job: jobs.now, spawner: nil)
        tracker.joined(isWatched: true, by: loader, count: loads, outsideTask: nil)
      }
    }

    /// Code outside of the executors loads.
    func load(_ count: Int = 1, by task: Int?, isWatched: Bool = false) {
      for _ in 0..<count {
        loads += 1
        tracker.joined(isWatched: isWatched, by: nil, count: loads, outsideTask: task)
      }
    }

    /// A period of 100 passes. Returns whether the batch leaves.
    func timer(processorTime: Nanoseconds = 100, isRunning: Bool = false) -> Bool {
      progress.processorTime += processorTime
      return next(isRunning) == .leave
    }

    func next(_ isRunning: Bool = false) -> FillTracker.OnTimer {
      tracker.timerIsDue(progress, period: 100, loads: loads) { $0.isRunning || isRunning }
    }
  }

  @Test func `A loader runs until its job has ended and the job that started its tasklet`() {
    let jobs = JobCounter()
    let loader = Loader(job: jobs.now, spawner: nil)
    #expect(loader.isRunning)
    jobs.advance()
    #expect(!loader.isRunning)
    let spawner = JobCounter()
    let spawned = Loader(job: loader.job, spawner: spawner.now)
    #expect(spawned.isRunning)
    spawner.advance()
    #expect(!spawned.isRunning)
  }

  @Test func `A batch leaves at the second period if a worker is busy with something else`() {
    let scene = Scene()
    scene.load()
    scene.jobs.advance()
    #expect(!scene.timer())
    #expect(scene.timer())
  }

  @Test func `A batch waits while it grows, and while the job that loaded runs, for 20 periods`() {
    var scene = Scene()
    scene.load()
    scene.jobs.advance()
    #expect(!scene.timer())
    for _ in 0..<20 {
      scene.load()
      scene.jobs.advance()
      #expect(!scene.timer())
    }
    scene.load()
    #expect(scene.timer())

    scene = Scene()
    scene.load()
    #expect(!scene.timer(isRunning: true))
    for _ in 0..<20 { #expect(!scene.timer(isRunning: true)) }
    #expect(scene.timer(isRunning: true))
  }

  @Test func `A batch waits until all jobs were started that were ready, however long that takes`()
  {
    let scene = Scene()
    scene.progress.ready = 1_000
    scene.load()
    scene.jobs.advance()
    for _ in 0..<1_000 {
      #expect(!scene.timer())
      scene.progress.jobs += 1
    }
    // The last of them has started.
    #expect(scene.timer())
  }

  @Test func `A batch waits while other programs have the processor, longer each time`() {
    let scene = Scene()
    scene.load()
    scene.jobs.advance()
    #expect(!scene.timer())
    var periods: [Int] = []
    while case .wait(let count) = scene.next() { periods.append(count) }
    #expect(periods == [2, 4, 8, 16] + Array(repeating: 32, count: 20))
  }

  @Test func `Processor times of two threads are not compared`() {
    let scene = Scene()
    let (one, other) = (JobCounter(), JobCounter())
    scene.load()
    scene.jobs.advance()
    scene.progress.thread = ObjectIdentifier(one)
    #expect(!scene.timer())
    scene.progress.thread = ObjectIdentifier(other)
    #expect(!scene.timer(processorTime: 1_000))
    #expect(scene.timer())
  }

  @Test func `A batch waits as long as a probe passes, and 20 periods for its next pass`() {
    let scene = Scene()
    scene.progress.isProbed = true
    scene.load(by: 7, isWatched: true)
    #expect(!scene.timer())
    for _ in 0..<100 {
      scene.progress.passes += 1
      #expect(!scene.timer())
    }
    for _ in 0..<20 { #expect(!scene.timer()) }
    #expect(scene.timer())
  }

  @Test func `A key that nothing can tell of leaves at the second period, filled or not`() {
    let scene = Scene()
    scene.load()
    scene.load(by: nil)
    #expect(!scene.timer(isRunning: true))
    scene.load()
    #expect(scene.timer(isRunning: true))
  }

  @Test func `A task that nothing can tell of is waited for while it adds many keys`() {
    func sends(_ first: Int, _ task: Int?, then: (Scene) -> Void) -> Bool {
      let scene = Scene()
      scene.load(first, by: task)
      #expect(!scene.timer())
      then(scene)
      return scene.timer()
    }
    #expect(!sends(30, 7) { $0.load(30, by: 7) })
    // Few keys, several tasks, no task, and one beside a tasklet.
    #expect(sends(30, 7) { $0.load(15, by: 7) })
    #expect(sends(30, 7) { $0.load(30, by: 8) })
    #expect(sends(30, nil) { $0.load(30, by: nil) })
    #expect(
      sends(30, 7) {
        $0.load(30, by: 7)
        $0.load()
      })
  }
}
