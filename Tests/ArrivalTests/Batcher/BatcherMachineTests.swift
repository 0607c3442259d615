// SPDX-License-Identifier: Apache-2.0
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
    /// The place of the first origin that is watched.
    let inside = OriginIndex(value: 0)
    private var isWatched = false

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
        lane: lane, origin: inside ? executor.origin : .unknown,
        loader: inside ? Loader(job: jobs.now, spawner: nil) : nil,
        outsideTask: outsideTask, host: { [executor] in executor },
        makeBatch: { [core, executor] number, capacity in
          Batch<Int, Int>(
            BatchSetup(
              number: number, lane: lane, batcher: core, executor: executor, isBound: false,
              deduplicates: deduplicates, capacity: capacity))
        },
        join: { batch in
          joined = batch as? Batch<Int, Int>
          joined?.add(key, future: Promise<Int>().future)
        })
      if case .joined(watch: _?) = effects.outcome { isWatched = true }
      return (joined!, effects)
    }

    /// The executor becomes quiescent.
    mutating func becomeQuiescent() -> [BatchCore] {
      defer { isWatched = false }
      return isWatched ? machine.originIsQuiet(inside) : []
    }
  }

  @Test func `The first load opens a batch and asks for a timer and for quiescence`() {
    var scene = Scene()
    let first = scene.load(1)
    #expect(first.effects.opened === first.batch)
    #expect(first.effects.outcome == .joined(watch: scene.inside))
    #expect(first.effects.send == nil)
    let second = scene.load(2)
    #expect(second.batch === first.batch)
    #expect(second.effects.opened == nil)
    #expect(second.effects.outcome == .joined(watch: nil))
  }

  @Test func `A load from outside asks only for a timer`() {
    var scene = Scene()
    let first = scene.load(1, inside: false)
    #expect(first.effects.opened === first.batch)
    #expect(first.effects.outcome == .joined(watch: nil))
    #expect(scene.load(2).effects.outcome == .joined(watch: scene.inside))
  }

  @Test func `A batch that leaves as soon as it is opened needs no timer`() {
    var scene = Scene(.init(maxBatchSize: 1))
    let effects = scene.load(1).effects
    #expect(effects.opened == nil)
    #expect(effects.send != nil)
  }

  @Test func `A timer that comes after the batch was sent does nothing`() {
    var scene = Scene()
    let batch = scene.load(1).batch
    #expect(scene.becomeQuiescent().map(\.number) == [batch.number])
    if case .nothing = scene.machine.timerIsDue(batch, .init(), isRunning: { _ in true }) {
    } else {
      Issue.record("sent twice")
    }
    #expect(scene.machine.leave(batch, for: .blockedThread) == nil)
    #expect(scene.becomeQuiescent().isEmpty)
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
      case 5: send(scene.becomeQuiescent())
      case 6:
        guard let batch = all.randomElement(using: &generator) else { continue }
        let isRunning = Bool.random(using: &generator)
        if case .send(let batch) = scene.machine.timerIsDue(
          batch, .init(), isRunning: { _ in isRunning })
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
