// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Testing

@testable import Arrival

/// The whole batcher against a naive model: random schedules by seed, on the manual executor.
@Suite struct BatcherModelTests {
  /// An element with a lane, a resource and a weight.
  struct Element: Hashable, Sendable {
    let key: Int
    let resource: Int?
    let weight: Int
    let lane: Int?
  }

  /// What the operation saw, and when.
  enum Seen: Sendable {
    case began(call: Int, [Element], lane: Int?)
    case ended(call: Int)
  }

  /// A random configuration, and an operation that takes time and sometimes fails.
  struct World {
    let manual: ManualExecutor
    let configuration: BatcherConfiguration
    let conflicts: Bool
    let seen = Log<Seen>()
    let batcher: Batcher<Element, Int>

    init(seed: Int, _ generator: inout SeededGenerator) {
      func some(_ values: [Int?]) -> Int? { values.randomElement(using: &generator)! }
      manual = ManualExecutor(seed: UInt64(seed))
      conflicts = .random(using: &generator)
      configuration = BatcherConfiguration(
        maxBatchSize: some([1, 2, 5, 1000])!, maxBatchWeight: some([nil, 5, 12]),
        maxDelay: .microseconds(some([0, 100, 1000])!),
        maxConcurrentBatches: some([nil, 1, 3]), maxConcurrentBatchesPerLane: some([nil, 1, 2]),
        maxQueued: some([nil, nil, 4, 20]),
        deduplicates: !conflicts && .random(using: &generator))
      let call = Counter()
      batcher = Batcher(
        "world", configuration: configuration, on: manual.executor, weight: \.weight,
        conflicts: conflicts ? .by(\.resource) : nil
      ) { [seen] (elements: [Element]) -> [Result<Int, any Error>] in
        let number = call.raise()
        seen.append(
          .began(call: number, elements, lane: BatchCall.current?.lane(as: Int.self)))
        defer { seen.append(.ended(call: number)) }
        if number % 3 != 0 {
          try await Future.sleep(for: .microseconds(37 * (number % 11))).value
        }
        if number % 7 == 0 { throw Oops(-1) }
        return elements.map { $0.key % 10 == 9 ? .failure(Oops($0.key)) : .success($0.key) }
      }
    }

    func load(_ element: Element, within limit: Duration?) -> Future<Int> {
      if let lane = element.lane { return batcher.load(element, lane: lane, within: limit) }
      return batcher.load(element, within: limit)
    }
  }

  /// A load and its future.
  struct Asked: Sendable {
    let element: Element
    let future: Future<Int>
    let ends: Counter
  }

  @Test(arguments: 0..<300)
  func `Each future ends once and every call keeps the limits, in any schedule`(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let world = World(seed: seed, &generator)
    let asked = Log<Asked>()
    @Sendable func load(_ element: Element, _ limit: Duration?) {
      let ends = Counter()
      let future = world.load(element, within: limit)
      future.onCompletion { _ in ends.raise() }
      asked.append(Asked(element: element, future: future, ends: ends))
    }
    let flushes = Log<Future<Void>>()
    for _ in 0..<120 {
      let element = Element(
        key: .random(in: 0..<25, using: &generator),
        resource: [nil, 1, 2, 3].randomElement(using: &generator)!,
        weight: .random(in: 0..<7, using: &generator),
        lane: [nil, nil, 1, 2].randomElement(using: &generator)!)
      let limit = [nil, nil, nil, Duration.microseconds(150)].randomElement(using: &generator)!
      switch Int.random(in: 0..<12, using: &generator) {
      case 0..<4: load(element, limit)
      case 4..<8:
        let delay = Int.random(in: 0..<300, using: &generator)
        _ = Future(on: world.manual.executor) {
          if delay > 100 { try await Future.sleep(for: .microseconds(delay)).value }
          load(element, limit)
        }
      case 8: asked.all.randomElement(using: &generator)?.future.cancel()
      case 9:
        flushes.append(Future(on: world.manual.executor) { await world.batcher.flush() })
      case 10: _ = world.manual.runOnce()
      default:
        world.manual.advance(by: .microseconds(.random(in: 0..<150, using: &generator)))
      }
      checkCounts(world.batcher.statistics())
    }
    world.manual.advance(by: .seconds(10))

    for asked in asked.all {
      #expect(asked.ends.value == 1)
      checkOutcome(asked)
    }
    #expect(flushes.all.allSatisfy { $0.done() })
    checkCalls(world)
    let statistics = world.batcher.statistics()
    #expect(statistics.queued == 0)
    #expect(statistics.waitingBatches == 0 && statistics.batchesUnderWay == 0)
    #expect(statistics.loads == asked.count)
    let sent = world.seen.all.reduce(0) {
      if case .began(_, let elements, _) = $1 { $0 + elements.count } else { $0 }
    }
    #expect(statistics.keysSent == sent)
    #expect(
      statistics.refused
        == asked.all.count { $0.future.getException() is BatcherOverloaded })
    #expect(world.manual.executor.statistics().timers == 0)
    #expect(world.manual.executor.statistics().pendingTasklets == 0)
  }

  /// Each load is counted at one place.
  private func checkCounts(_ statistics: BatcherStatistics) {
    let places = [
      statistics.hits, statistics.coalesced, statistics.keysSent, statistics.refused,
      statistics.dropped, statistics.queued,
    ]
    #expect(places.allSatisfy { $0 >= 0 })
    #expect(places.reduce(0, +) == statistics.loads)
    #expect(statistics.dropped <= statistics.endedEarly)
  }

  private func checkOutcome(_ asked: Asked) {
    switch asked.future.getException() {
    case nil:
      #expect((try? asked.future.getResult()) == asked.element.key && asked.element.key % 10 != 9)
    case let oops as Oops:
      #expect(oops == Oops(-1) || oops == Oops(asked.element.key) && asked.element.key % 10 == 9)
    case let error?:
      #expect(
        error is CancellationError || error is TimeoutError || error is BatcherOverloaded)
    }
  }

  /// Replays the calls, and checks whether each was allowed when it began.
  private func checkCalls(_ world: World) {
    let limits = world.configuration
    var underWay: [Int: (elements: [Element], lane: Int?)] = [:]
    for seen in world.seen.all {
      switch seen {
      case .began(let call, let elements, let lane):
        #expect(!elements.isEmpty && elements.count <= limits.maxBatchSize)
        let weight = elements.reduce(0) { $0 + $1.weight }
        #expect(elements.count == 1 || weight <= limits.maxBatchWeight ?? .max)
        #expect(elements.allSatisfy { $0.lane == lane })
        if limits.deduplicates { #expect(Set(elements).count == elements.count) }
        #expect(underWay.count < limits.maxConcurrentBatches ?? .max)
        let inLane = underWay.values.count { $0.lane == lane }
        #expect(inLane < limits.maxConcurrentBatchesPerLane ?? .max)
        if world.conflicts {
          let resources = (elements + underWay.values.flatMap(\.elements)).compactMap(\.resource)
          #expect(Set(resources).count == resources.count)
        }
        underWay[call] = (elements, lane)
      case .ended(let call): underWay[call] = nil
      }
    }
    #expect(underWay.isEmpty)
  }

  @Test(arguments: 0..<100)
  func `Elements with one resource arrive in the order in which they were loaded`(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    let manual = ManualExecutor(seed: UInt64(seed))
    let arrived = Log<[Int]>()
    let batcher = Batcher<[Int], Int>(
      configuration: .init(
        maxBatchSize: 1 + seed % 6, maxConcurrentBatches: [nil, 1, 2][seed % 3],
        deduplicates: false),
      on: manual.executor, conflicts: .by { $0[0] }
    ) { (elements: [[Int]]) in
      for element in elements { arrived.append(element) }
      await Task.yield()
      return elements.map { $0[1] }
    }
    var next = [0, 0, 0]
    for _ in 0..<200 {
      let resource = Int.random(in: 0..<3, using: &generator)
      _ = batcher.load([resource, next[resource]])
      next[resource] += 1
      if .random(using: &generator) { _ = manual.runOnce() }
    }
    manual.advance(by: .seconds(1))
    for resource in 0..<3 {
      #expect(arrived.all.filter { $0[0] == resource }.map { $0[1] } == Array(0..<next[resource]))
    }
  }
}
