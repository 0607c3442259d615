// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Testing

@testable import Arrival

/// The wait-for graph, question by question.
@Suite struct WaitGraphTests {
  private let promises = (0..<3).map { _ in Promise<Int>() }
  private var futures: [Future<Int>] { promises.map(\.future) }

  private func wait(_ targets: PendingWait.Targets, limit: Duration? = nil) -> TaskWaiter {
    TaskWaiter(targets, limit: limit)
  }

  private func isNothing(_ needs: Needs<WaitNode>) -> Bool {
    if case .nothing = needs { true } else { false }
  }

  private func allNodes(_ needs: Needs<WaitNode>) -> [WaitNode]? {
    switch needs {
    case .all(let nodes): nodes
    case .one(let node): [node]
    default: nil
    }
  }

  private func anyNodes(_ needs: Needs<WaitNode>) -> [WaitNode]? {
    switch needs {
    case .any(let nodes): nodes
    case .one(let node): [node]
    default: nil
    }
  }

  // MARK: Waits

  @Test func `A wait needs what it waits for until it has fired`() {
    let graph = WaitGraph()
    let nodes = futures.map { WaitNode.future($0) }
    let waits = [wait(.one(futures[0])), wait(.all(futures)), wait(.any(futures))]
    #expect(allNodes(graph.needs(of: .wait(waits[0]))) == [nodes[0]])
    #expect(allNodes(graph.needs(of: .wait(waits[1]))) == nodes)
    #expect(anyNodes(graph.needs(of: .wait(waits[2]))) == nodes)
    for wait in waits {
      wait.setFired()
      #expect(isNothing(graph.needs(of: .wait(wait))))
    }
  }

  @Test func `A promise, a future that is done and one that is about to be failed need nothing`() {
    let doomed = Future(value: 1).map { $0 }
    let derived = futures[0].map { $0 }
    #expect(isNothing(WaitGraph().needs(of: .future(futures[0]))))
    #expect(isNothing(WaitGraph().needs(of: .future(doomed))))
    #expect(allNodes(WaitGraph().needs(of: .future(derived))) == [.future(futures[0])])
    let graph = WaitGraph(doomed: [ObjectIdentifier(derived)])
    #expect(isNothing(graph.needs(of: .future(derived))))
  }

  @Test func `The owner of a list needs its waits that have no limit and have not fired`() {
    var list = WaitList()
    #expect(isNothing(list.needs))
    let limited = wait(.one(futures[0]), limit: .seconds(1))
    list.add(limited)
    #expect(isNothing(list.needs))
    let waits = futures.map { wait(.one($0)) }
    list.add(waits[0])
    #expect(allNodes(list.needs) == [.wait(waits[0])])
    list.add(waits[1])
    list.add(waits[2])
    #expect(Set(allNodes(list.needs) ?? []) == Set(waits.map { .wait($0) }))
    waits[1].setFired()
    #expect(Set(allNodes(list.needs) ?? []) == [.wait(waits[0]), .wait(waits[2])])
    waits[0].setFired()
    waits[2].setFired()
    #expect(isNothing(list.needs))
    for wait in waits + [limited] { list.remove(wait) }
  }

  @Test func `Waits leave a list in any order, and are listed the oldest first`() {
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
      var list = WaitList()
      let waits = futures.map { wait(.one($0)) }
      for wait in waits { list.add(wait) }
      var left = waits
      for index in order {
        list.remove(waits[index])
        list.remove(waits[index])
        left.removeAll { $0 === waits[index] }
        #expect(
          list.current(limit: 10).map(ObjectIdentifier.init) == left.map(ObjectIdentifier.init))
      }
      // One that left may come again.
      list.add(waits[0])
      #expect(list.current(limit: 10).count == 1)
      list.remove(waits[0])
    }
  }

  @Test func `A long list of waits is shown as its newest pending ones`() {
    var list = WaitList()
    let waits = futures.map { wait(.one($0)) }
    for wait in waits { list.add(wait) }
    #expect(
      list.current(limit: 2).map(ObjectIdentifier.init) == waits[1...].map(ObjectIdentifier.init))
    waits[2].setFired()
    #expect(
      list.current(limit: 2).map(ObjectIdentifier.init) == waits[..<2].map(ObjectIdentifier.init))
    for wait in waits { list.remove(wait) }
  }

  // MARK: Sources

  /// Asks when a future has arrived and before its callbacks run, as another thread may do.
  private func atArrival(
    of future: FutureCore, _ ask: @escaping @Sendable () -> Void, arrive: () -> Void
  ) {
    // `@unchecked Sendable`: as its base class; what it adds never changes.
    final class Asker: Waiter, @unchecked Sendable {
      let ask: @Sendable () -> Void
      init(_ ask: @escaping @Sendable () -> Void) { self.ask = ask }
      override func fire(_ future: FutureCore) { ask() }
    }
    let asked = Counter()
    #expect(
      future.add(
        Asker {
          asked.raise()
          ask()
        }))
    arrive()
    #expect(asked.value == 1)
  }

  private func isExternal(_ source: FutureSource?) -> Bool {
    if case .external? = source?.dependencies() { true } else { false }
  }

  @Test func `A combination that a part has ended needs nothing, although it is not done yet`() {
    let fails: [@Sendable ([Future<Int>]) -> FutureCore] = [
      { Future.all($0) }, { Future.race($0) },
      { Future.reduce($0, from: 0) { $0 + $1 } },
    ]
    for make in fails {
      let promises = (0..<2).map { _ in Promise<Int>() }
      let whole = make(promises.map(\.future))
      #expect(!isExternal(whole.source))
      atArrival(of: promises[1].future) {
        #expect(!whole.done() && isExternal(whole.source))
      } arrive: {
        promises[1].fail(Oops())
      }
      #expect(whole.done())
      #expect(whole.hasFailed)
      promises[0].succeed(1)
    }
    let values: [@Sendable ([Future<Int>]) -> FutureCore] = [
      { Future.any($0) }, { Future.race($0) },
    ]
    for make in values {
      let promises = (0..<2).map { _ in Promise<Int>() }
      let whole = make(promises.map(\.future))
      atArrival(of: promises[1].future) {
        #expect(!whole.done() && isExternal(whole.source))
      } arrive: {
        promises[1].succeed(1)
      }
      #expect(whole.done())
      promises[0].succeed(1)
    }
  }

  @Test func `A combination needs the parts that are not done`() {
    let whole = Future.all(futures)
    let first = Future.any(futures)
    promises[0].fail(Oops())
    #expect(whole.done() && !first.done())
    guard case .anyOf(let parts)? = first.source?.dependencies() else {
      Issue.record("not any of them")
      return
    }
    #expect(parts.map(ObjectIdentifier.init) == futures[1...].map(ObjectIdentifier.init))
    for promise in promises[1...] { promise.fail(Oops()) }
    #expect(first.hasFailed)
  }

  @Test func `A sequence in the order of arrival needs nothing while something waits in it`()
    async throws
  {
    let queue = CompletionQueue(futures)
    queue.register()
    guard case .anyOf(let parts) = queue.dependencies() else {
      Issue.record("not any of them")
      return
    }
    #expect(parts.count == 3)
    promises[1].succeed(1)
    #expect(isExternal(queue))
    let next = try await queue.next()
    #expect(next == 1)
    #expect(!isExternal(queue))
    promises[0].succeed(1)
    promises[2].succeed(1)
    #expect(isExternal(queue))
    queue.close()
  }

  @Test func `A sequence in the order of arrival is freed when all have arrived`() {
    weak var queue: CompletionQueue?
    do {
      let made = CompletionQueue(futures)
      queue = made
      made.register()
      for promise in promises { promise.succeed(1) }
      made.close()
    }
    #expect(queue == nil)
  }

  @Test func `A step of a reduction is needed like its parts`() {
    let step = Promise<Int>()
    let whole = Future.reduce([Future(value: 1)], from: 0) { _, _ in step.future }
    guard case .allOf(let parts)? = whole.source?.dependencies() else {
      Issue.record("not all of them")
      return
    }
    #expect(parts.map(ObjectIdentifier.init) == [ObjectIdentifier(step.future)])
    step.succeed(1)
    #expect(whole.done())
  }

  @Test func `A time limit needs nothing, whatever it limits`() {
    let manual = ManualExecutor()
    let limited = Future(on: manual.executor) {
      try await self.futures[0].timeout(after: .seconds(1_000)).value
    }
    manual.run()
    let direct = futures[0].timeout(after: .seconds(1_000))
    #expect(isExternal(direct.source))
    promises[0].succeed(1)
    manual.run()
    #expect(limited.done() && direct.done())
  }

  // MARK: Who may be held up

  @Test func `Nobody is held up by a future without waiters`() {
    #expect(!futures[0].mayHoldUpTasklet)
    futures[0].onCompletion { _ in }
    #expect(futures[0].mayHoldUpTasklet)
    // A wait outside of tasklets holds up nobody.
    let outside = wait(.one(futures[1]))
    #expect(futures[1].add(outside))
    #expect(!futures[1].mayHoldUpTasklet)
    #expect(futures[1].remove(outside))
  }

  @Test func `Somebody may be held up by a future with more waiters than are looked at`() {
    let outside = (0..<9).map { _ in wait(.one(futures[0])) }
    for wait in outside.prefix(8) { #expect(futures[0].add(wait)) }
    #expect(!futures[0].mayHoldUpTasklet)
    #expect(futures[0].add(outside[8]))
    #expect(futures[0].mayHoldUpTasklet)
    for wait in outside { futures[0].remove(wait) }
  }

  @Test func `A callback that runs may hold up somebody`() {
    let seen = Log<Bool>()
    let future = futures[0]
    future.onCompletion { [weak future] _ in seen.append(future?.mayHoldUpTasklet ?? false) }
    promises[0].succeed(1)
    #expect(seen.all == [true])
    #expect(!future.mayHoldUpTasklet)
  }
}
