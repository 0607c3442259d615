// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Testing

@testable import Arrival

/// Writes to one resource keep their order.
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
  func `Put, delete and put of one key make three calls in order, and delay no other key`(
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

  @Test func `Elements without a resource conflict with none, and all are sent`() {
    let batcher = writer()
    let change = Change(key: "", value: 1)
    _ = batcher.load(contentsOf: [change, change, change])
    settle()
    #expect(calls.all.map(\.count) == [3])
  }

  @Test func `With concurrent calls the second element waits for the end of the first call`() {
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

  @Test func `A load that was held joins the batch that waits for its turn`() {
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

  @Test func `A held load that is cancelled is not sent, and the one behind it goes on`() throws {
    let gates = [Promise<Void>()]
    let batcher = writer(gates: gates)
    let futures = (1...4).map { batcher.load(Change(key: "a", value: $0)) }
    settle()
    futures[1].cancel()
    #expect(futures[1].isCancelled)
    // A load that was sent has its resource until the call has ended.
    futures[0].cancel()
    manual.run()
    gates[0].succeed()
    settle()
    #expect(calls.all.map { $0.map(\.value) } == [[1], [3], [4]])
    #expect(try futures[2...].map { try $0.getResult() } == [3, 4])
    #expect(batcher.statistics().endedEarly == 2)
  }

  @Test func `A failed call gives its resource to the next load`() throws {
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

  @Test func `A held load has its own time limit and lane, and counts as queued`() throws {
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

  @Test func `A load that waits behind its own call is reported as a deadlock`() throws {
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

  @Test func `Blocking for a held load sends the load that it waits for`() throws {
    let batcher = Batcher<Int, Int>(
      configuration: .init(maxDelay: .seconds(1_000_000), deduplicates: false),
      conflicts: .by { _ in 0 }
    ) { (keys: [Int]) in keys }
    let futures = batcher.load(contentsOf: 1...20)
    #expect(try futures[19].getResult() == 20)
    #expect(futures.allSatisfy { $0.done() })
    #expect(batcher.statistics().batches == 20)
  }

  @Test func `A load that has its resource but no batch yet waits for no other load`() throws {
    let batcher = writer()
    let table = try #require(batcher.admission?.conflicts)
    let claim = try #require(table.claim(for: Change(key: "a", value: 1)))
    #expect(table.acquire(claim))
    let request = LoadRequest(lane: nil, deadline: nil, hasRoom: true, claim: claim)
    let load = HeldLoad(request, batcher: batcher.core)
    let site = SourceSite(function: #function, file: #fileID, line: #line)
    let future = Future<Int>(pending: nil, site: site, source: load)
    claim.future = future
    request.isHeld(as: HoldNumber(value: 1))
    // A load that is taken for one behind itself would call itself without end.
    load.helpWaiter(mayRunHere: true)
    guard case .external = load.dependencies() else {
      Issue.record("it is said to wait for itself")
      return
    }
    future.cancel()
  }

  @Test func `A long queue for one resource fails at a shutdown without growing the stack`() {
    let batcher = writer(.init(maxBatchSize: 1), gates: [Promise<Void>()])
    let futures = (0..<20_000).map { batcher.load(Change(key: "a", value: $0)) }
    settle()
    manual.executor.shutdown()
    manual.advance(by: .seconds(100))
    #expect(futures.allSatisfy { $0.done() })
  }

  @Test(arguments: 0..<100)
  func `Each resource belongs to one element at a time, in order`(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    var locks = ResourceLocks<Int, Int>()
    var model: [Int: [Int]] = [:]
    var gone: Set<Int> = []
    for element in 0..<400 {
      let resource = Int.random(in: 0..<4, using: &generator)
      switch Int.random(in: 0..<5, using: &generator) {
      case 0, 1:
        let isFree = locks.acquire(resource, for: element)
        #expect(isFree == (model[resource] ?? []).isEmpty)
        model[resource, default: []].append(element)
      case 2:
        if let waiting = (model[resource] ?? []).dropFirst().randomElement(using: &generator) {
          gone.insert(waiting)
        }
      default:
        let next = locks.release(resource) { !gone.contains($0) }
        model[resource] = Array((model[resource] ?? []).dropFirst().drop(while: gone.contains))
        #expect(next == model[resource]?.first)
        #expect(locks.holder(of: resource) == model[resource]?.first)
      }
    }
    #expect(locks.isEmpty == model.values.allSatisfy { $0.isEmpty })
  }
}
