import ArrivalTesting
import Testing

@testable import Arrival

/// Writes that touch one thing keep their order.
@Suite struct BatcherConflictsTests {
  struct Change: Hashable, Sendable {
    let key: String
    let value: Int?
  }

  let manual = ManualExecutor()
  let calls = Log<[Change]>()

  private func writer(
    _ configuration: BatcherConfiguration = .init(deduplicates: false), gates: [Promise<Void>] = []
  ) -> Batcher<Change, Int> {
    var configuration = configuration
    configuration.deduplicates = false
    let call = Counter()
    return Batcher<Change, Int>(
      configuration: configuration, on: manual.executor,
      conflicts: .by { $0.key.isEmpty ? nil : $0.key }
    ) { [calls] (changes: [Change]) in
      calls.append(changes)
      let number = call.raise() - 1
      if gates.indices.contains(number) { try await gates[number].future.value }
      return changes.map { $0.value ?? -1 }
    }
  }

  private func settle() { manual.advance(by: .milliseconds(1)) }

  @Test(arguments: [nil, 1])
  func `Put, delete and put of one key are three calls in order; others are not held up`(
    limit: Int?
  ) throws {
    let batcher = writer(.init(maxConcurrentBatches: limit))
    let changes = [("a", 1), ("b", 2), ("a", nil), ("a", 3), ("c", 4), ("b", 5)]
      .map { Change(key: $0.0, value: $0.1) }
    let futures = batcher.load(contentsOf: changes)
    settle()
    #expect(
      calls.all.map { $0.map { "\($0.key)\($0.value ?? -1)" } } == [
        ["a1", "b2", "c4"], ["a-1", "b5"], ["a3"],
      ])
    #expect(try futures.map { try $0.getResult() } == [1, 2, -1, 3, 4, 5])
    #expect(batcher.statistics().held == 3)
    #expect(batcher.statistics().queued == 0)
  }

  @Test func `Two increments of one counter both count`() throws {
    let batcher = writer()
    let change = Change(key: "n", value: 1)
    let futures = batcher.load(contentsOf: [change, change])
    settle()
    #expect(calls.all == [[change], [change]])
    #expect(try futures.map { try $0.getResult() } == [1, 1])
  }

  @Test func `Elements that touch nothing conflict with none, and all are sent`() {
    let batcher = writer()
    let change = Change(key: "", value: 1)
    _ = batcher.load(contentsOf: [change, change, change])
    settle()
    #expect(calls.all.map(\.count) == [3])
  }

  @Test func `With concurrent calls the second waits for the end of the first`() {
    let gates = [Promise<Void>()]
    let batcher = writer(gates: gates)
    let first = batcher.load(Change(key: "a", value: 1))
    settle()
    let second = batcher.load(Change(key: "a", value: 2))
    let other = batcher.load(Change(key: "b", value: 3))
    settle()
    #expect(other.done() && !second.done() && !first.done())
    gates[0].succeed()
    settle()
    #expect(first.done() && second.done())
    #expect(calls.count == 3)
  }

  @Test func `What was held joins the batch that waits for its turn`() {
    let gates = [Promise<Void>()]
    let batcher = writer(.init(maxConcurrentBatches: 1), gates: gates)
    _ = batcher.load(Change(key: "a", value: 1))
    settle()
    _ = batcher.load(Change(key: "a", value: 2))
    _ = batcher.load(Change(key: "b", value: 3))
    settle()
    gates[0].succeed()
    settle()
    #expect(calls.all.map { $0.map(\.key) } == [["a"], ["b", "a"]])
  }

  @Test func `A held load that is cancelled is left out, and the one behind it goes on`() throws {
    let gates = [Promise<Void>()]
    let batcher = writer(gates: gates)
    let futures = (1...4).map { batcher.load(Change(key: "a", value: $0)) }
    settle()
    futures[1].cancel()
    #expect(futures[1].isCancelled)
    // One that was sent holds its place until the call has ended.
    futures[0].cancel()
    manual.run()
    gates[0].succeed()
    settle()
    #expect(calls.all.map { $0.map(\.value) } == [[1], [3], [4]])
    #expect(try futures[2...].map { try $0.getResult() } == [3, 4])
    #expect(batcher.statistics().endedEarly == 2)
  }

  @Test func `A failed call lets the next one go on`() throws {
    let batcher = Batcher<Change, Int>(
      configuration: .init(deduplicates: false), on: manual.executor, conflicts: .by(\.key)
    ) { (changes: [Change]) -> [Int] in
      if changes[0].value == 1 { throw Oops(1) }
      return changes.map { $0.value ?? -1 }
    }
    let futures = (1...2).map { batcher.load(Change(key: "a", value: $0)) }
    settle()
    #expect(futures[0].getException() as? Oops == Oops(1))
    #expect(try futures[1].getResult() == 2)
  }

  @Test func `A held load has its own time limit, lane and place in the room`() throws {
    let gates = [Promise<Void>()]
    let batcher = writer(.init(maxQueued: 2), gates: gates)
    _ = batcher.load(Change(key: "a", value: 1))
    settle()
    let hurried = batcher.load(Change(key: "a", value: 2), within: .milliseconds(3))
    let other = batcher.load(Change(key: "a", value: 3), lane: "x")
    #expect(batcher.load(Change(key: "z", value: 4)).done())
    manual.advance(by: .milliseconds(4))
    #expect(hurried.getException() is TimeoutError)
    #expect(batcher.statistics().queued == 1)
    gates[0].succeed()
    settle()
    #expect(try other.getResult() == 3)
    #expect(batcher.statistics().queued == 0)
  }

  @Test func `A load that waits behind its own call is a deadlock, and is reported`() throws {
    let own = Weak<Batcher<Int, Int>>()
    let batcher = Batcher<Int, Int>(
      configuration: .init(deduplicates: false), on: manual.executor, conflicts: .by { _ in 0 }
    ) { (keys: [Int]) in
      if keys == [1] { return [try await own.object!.load(2).value] }
      return keys
    }
    own.object = batcher
    let future = batcher.load(1)
    settle()
    #expect(future.getException() is DeadlockError)
  }

  @Test func `Blocking for a held load sends what it waits for`() throws {
    let batcher = Batcher<Int, Int>(
      configuration: .init(maxDelay: .seconds(1_000_000), deduplicates: false),
      conflicts: .by { _ in 0 }
    ) { (keys: [Int]) in keys }
    let futures = batcher.load(contentsOf: 1...20)
    #expect(try futures[19].getResult() == 20)
    #expect(futures.allSatisfy { $0.done() })
    #expect(batcher.statistics().batches == 20)
  }

  @Test func `A load that was let go on and has not joined a batch yet waits for no other`() throws
  {
    let batcher = writer()
    let table = try #require(batcher.gate?.conflicts)
    let claim = try #require(table.claim(for: Change(key: "a", value: 1)))
    #expect(table.take(claim))
    let load = HeldLoad(batcher.core, claim, nil, weight: 0, deadline: nil) { _ in }
    let site = SourceSite(function: #function, file: #fileID, line: #line)
    let future = Future<Int>(pending: nil, site: site, source: load)
    (claim.future, claim.load) = (future, load)
    // Waited for itself without end.
    load.advance(mayRun: true)
    guard case .external = load.dependencies() else {
      Issue.record("it is said to wait for itself")
      return
    }
    future.cancel()
  }

  @Test func `A long line on an executor that shuts down fails without growing the stack`() {
    let batcher = writer(.init(maxBatchSize: 1), gates: [Promise<Void>()])
    let futures = (0..<20_000).map { batcher.load(Change(key: "a", value: $0)) }
    settle()
    manual.executor.shutdown()
    manual.advance(by: .seconds(100))
    #expect(futures.allSatisfy { $0.done() })
  }

  @Test(arguments: 0..<100)
  func `Lines give each thing to one at a time, in order`(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    var lines = ConflictLines<Int, Int>()
    var model: [Int: [Int]] = [:]
    var gone: Set<Int> = []
    for element in 0..<400 {
      let thing = Int.random(in: 0..<4, using: &generator)
      switch Int.random(in: 0..<5, using: &generator) {
      case 0, 1:
        let isFree = lines.claim(thing, for: element)
        #expect(isFree == (model[thing] ?? []).isEmpty)
        model[thing, default: []].append(element)
      case 2:
        if let waiting = (model[thing] ?? []).dropFirst().randomElement(using: &generator) {
          gone.insert(waiting)
        }
      default:
        let next = lines.release(thing) { !gone.contains($0) }
        model[thing] = Array((model[thing] ?? []).dropFirst().drop(while: gone.contains))
        #expect(next == model[thing]?.first)
        #expect(lines.holder(of: thing) == model[thing]?.first)
      }
    }
    #expect(lines.isEmpty == model.values.allSatisfy { $0.isEmpty })
  }
}
