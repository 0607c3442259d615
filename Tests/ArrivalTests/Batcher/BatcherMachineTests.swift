import ArrivalTesting
import Testing

@testable import Arrival

/// The machine in straight-line calls, and in random schedules against a naive model.
@Suite struct BatcherMachineTests {
  /// A machine, and what its methods need.
  struct Scene {
    var machine: BatcherMachine
    let executor = ManualExecutor().executor
    let core: BatcherCore
    /// The thread that loads.
    let jobs = JobCounter()

    init(_ configuration: BatcherConfiguration = .default) {
      machine = BatcherMachine(configuration: configuration)
      let site = SourceSite(function: #function, file: #fileID, line: #line)
      core = BatcherCore(
        "pure", site, configuration, nil, nil, nil, Batch<Int, Int>.make
      ) { _, _ in
        { _ in [] }
      }
    }

    @discardableResult
    mutating func load(
      _ key: Int, lane: Int? = nil, inside: Bool = true, outsideTask: Int? = nil
    ) -> (batch: Batch<Int, Int>, effects: BatcherMachine.OnLoad) {
      var joined: Batch<Int, Int>?
      let lane = Lane.of(lane)
      let deduplicates = core.configuration.deduplicates
      let effects = machine.load(
        lane: lane, loader: inside ? Loader(job: jobs.now, spawner: nil) : nil,
        outsideTask: outsideTask,
        makeBatch: { [core, executor] number, capacity in
          Batch<Int, Int>(
            BatchSetup(
              number: number, lane: lane, batcher: core, executor: executor,
              deduplicates: deduplicates, capacity: capacity))
        },
        join: { batch in
          joined = batch as? Batch<Int, Int>
          joined?.add(key, future: Promise<Int>().future)
        })
      return (joined!, effects)
    }
  }

  @Test func `The first load opens a batch and asks for a timer and for quiescence`() {
    var scene = Scene()
    let first = scene.load(1)
    #expect(first.effects.opened === first.batch)
    #expect(first.effects.outcome == .joined(watchQuiescence: true))
    #expect(first.effects.send == nil)
    let second = scene.load(2)
    #expect(second.batch === first.batch)
    #expect(second.effects.opened == nil)
    #expect(second.effects.outcome != .joined(watchQuiescence: true))
  }

  @Test func `A load from outside asks only for a timer`() {
    var scene = Scene()
    let first = scene.load(1, inside: false)
    #expect(first.effects.opened === first.batch)
    #expect(first.effects.outcome != .joined(watchQuiescence: true))
    #expect(scene.load(2).effects.outcome == .joined(watchQuiescence: true))
  }

  @Test func `A batch that leaves as soon as it is opened needs no timer`() {
    var scene = Scene(.init(maxBatchSize: 1))
    let effects = scene.load(1).effects
    #expect(effects.opened == nil)
    #expect(effects.outcome != .joined(watchQuiescence: true))
    #expect(effects.send != nil)
  }

  @Test func `A timer that comes after the batch was sent does nothing`() {
    var scene = Scene()
    let batch = scene.load(1).batch
    #expect(scene.machine.quiescent().map(\.number) == [batch.number])
    if case .nothing = scene.machine.timerIsDue(batch, isRunning: { _ in true }) {
    } else {
      Issue.record("sent twice")
    }
    #expect(scene.machine.leave(batch, for: .blockedThread) == nil)
    #expect(scene.machine.quiescent().isEmpty)
  }

  /// Whether the batch was sent when its timer came due.
  private func isSent(
    _ batch: BatchCore, isBeingFilled: Bool, in scene: inout Scene
  ) -> Bool {
    switch scene.machine.timerIsDue(batch, isRunning: { _ in isBeingFilled }) {
    case .send: true
    case .setAgain, .nothing: false
    }
  }

  @Test
  func `A batch of tasklets that is not being filled is sent when its timer is due, grown or not`()
  {
    var scene = Scene()
    let batch = scene.load(1).batch
    scene.load(2)
    #expect(isSent(batch, isBeingFilled: false, in: &scene))
  }

  @Test func `A batch that is being filled waits while it grows, and ten times if it does not`() {
    var scene = Scene()
    let batch = scene.load(0).batch
    for key in 1...50 {
      scene.load(key)
      #expect(!isSent(batch, isBeingFilled: true, in: &scene))
    }
    for _ in 0..<10 { #expect(!isSent(batch, isBeingFilled: true, in: &scene)) }
    #expect(isSent(batch, isBeingFilled: true, in: &scene))
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

  @Test func `The job that loaded last counts as the one that fills a batch`() {
    var scene = Scene()
    let batch = scene.load(1).batch
    scene.jobs.advance()
    scene.load(2)
    if case .setAgain = scene.machine.timerIsDue(batch, isRunning: \.isRunning) {
    } else {
      Issue.record("the batch did not wait for the job that still runs")
    }
    scene.jobs.advance()
    guard case .send = scene.machine.timerIsDue(batch, isRunning: \.isRunning) else {
      Issue.record("the batch waited for a job that has ended")
      return
    }
  }

  @Test func `A batch with a key from outside is sent when its timer is due, filled or not`() {
    var scene = Scene()
    let batch = scene.load(1).batch
    scene.load(2, inside: false)
    #expect(isSent(batch, isBeingFilled: true, in: &scene))
  }

  @Test
  func `A task outside that adds many keys is waited for, at most ten times`() {
    var scene = Scene(.init(maxBatchSize: 10_000))
    func load(_ count: Int, by task: Int?) -> BatchCore {
      (0..<count).map { scene.load($0, inside: false, outsideTask: task).batch }[0]
    }
    // A task that goes on until the batch waits no longer.
    var batch = load(50, by: 7)
    for _ in 0..<10 {
      #expect(!isSent(batch, isBeingFilled: false, in: &scene))
      _ = load(50, by: 7)
    }
    #expect(isSent(batch, isBeingFilled: false, in: &scene))
    // A task that stops.
    batch = load(50, by: 7)
    #expect(!isSent(batch, isBeingFilled: false, in: &scene))
    #expect(isSent(batch, isBeingFilled: false, in: &scene))
    // Few keys, several tasks, no task, and one beside a tasklet.
    #expect(isSent(load(32, by: 7), isBeingFilled: false, in: &scene))
    batch = load(50, by: 7)
    _ = load(50, by: 8)
    #expect(isSent(batch, isBeingFilled: false, in: &scene))
    #expect(isSent(load(50, by: nil), isBeingFilled: false, in: &scene))
    batch = load(50, by: 7)
    scene.load(51)
    #expect(isSent(batch, isBeingFilled: true, in: &scene))
  }

  @Test func `A second report of one end gives no turn away`() {
    var scene = Scene(.init(maxBatchSize: 1, maxConcurrentBatches: 1))
    let first = scene.load(1).batch
    let second = scene.load(2).batch
    let third = scene.load(3).batch
    #expect(scene.machine.ended(first, now: 0) === second)
    #expect(scene.machine.ended(first, now: 0) == nil)
    #expect(scene.machine.ended(second, now: 0) === third)
  }

  @Test(arguments: 0..<300)
  func `Every batch leaves once, in order and within its limits, in any schedule`(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    let limit = [nil, 1, 2, 3][seed % 4]
    var scene = Scene(.init(maxBatchSize: 4, maxConcurrentBatches: limit))
    var all: [Batch<Int, Int>] = []
    var sent: [BatchCore] = []
    var underWay: [BatchCore] = []
    var loads = 0

    func send(_ batches: [BatchCore]) {
      for batch in batches {
        #expect(!sent.contains { $0 === batch })
        sent.append(batch)
        underWay.append(batch)
        guard case .start = scene.machine.willStart(batch, Promise<Void>().future, now: 0) else {
          Issue.record("a batch with futures was dropped")
          continue
        }
      }
      #expect(underWay.count <= limit ?? .max)
    }

    for _ in 0..<200 {
      switch Int.random(in: 0..<10, using: &generator) {
      case 0..<5:
        let lane = [nil, 1, 2].randomElement(using: &generator)!
        let loaded = scene.load(
          Int.random(in: 0..<6, using: &generator), lane: lane,
          inside: .random(using: &generator))
        loads += 1
        if !all.contains(where: { $0 === loaded.batch }) { all.append(loaded.batch) }
        #expect(!sent.contains { $0 === loaded.batch })
        send(loaded.effects.send.map { [$0] } ?? [])
      case 5: send(scene.machine.quiescent())
      case 6:
        guard let batch = all.randomElement(using: &generator) else { continue }
        let isRunning = Bool.random(using: &generator)
        if case .send(let batch) = scene.machine.timerIsDue(
          batch, isRunning: { _ in isRunning })
        {
          send([batch])
        }
      case 7:
        guard let batch = all.randomElement(using: &generator) else { continue }
        send(scene.machine.leave(batch, for: .blockedThread).map { [$0] } ?? [])
      default:
        guard let index = underWay.indices.randomElement(using: &generator) else { continue }
        let ended = underWay.remove(at: index)
        send(scene.machine.ended(ended, now: 0).map { [$0] } ?? [])
      }
    }
    send(scene.machine.flush(Promise<Void>().future, own: nil).send)
    while let batch = underWay.popLast() {
      send(scene.machine.ended(batch, now: 0).map { [$0] } ?? [])
    }

    #expect(Set(sent.map(\.number)) == Set(all.map(\.number)))
    #expect(all.allSatisfy { (1...4).contains($0.size) && $0.size == Set($0.keys).count })
    #expect(all.map(\.futures.count).reduce(0, +) == loads)
    let statistics = scene.machine.statistics
    #expect(statistics.loads == loads)
    #expect(statistics.batches == all.count)
    #expect(statistics.keysSent == all.map(\.size).reduce(0, +))
    #expect(statistics.reasons.values.reduce(0, +) == all.count)
    for lane in [nil, 1, 2].map({ Lane.of($0 as Int?) }) {
      let numbers = sent.filter { $0.lane == lane }.map(\.number)
      #expect(numbers == numbers.sorted())
    }
  }
}
