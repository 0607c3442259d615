// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

extension Future {
  // MARK: All

  /// Blocks until all are done; never throws the futures' errors. O(n).
  @inlinable
  public static func waitAll(_ futures: some Sequence<Future<Value>>) {
    blockForAll(stillPending(futures))
  }

  /// Suspends until all are done; never throws the futures' errors. O(n).
  @inlinable
  public nonisolated(nonsending) static func waitAll(
    _ futures: some Sequence<Future<Value>>
  ) async {
    // A lazy sequence has to make all its futures before the first wait, or they would run one
    // after the other.
    await suspendForAll(stillPending(futures))
  }

  // Inlinable, so that the walk is specialised to the sequence: it is most of a wait for done ones.
  @inlinable
  static func stillPending(_ futures: some Sequence<Future<Value>>) -> [FutureCore] {
    var pending: [FutureCore] = []
    for future in futures where !future.done() { pending.append(future) }
    return pending
  }

  // MARK: Any

  /// Blocks until one future is done and returns it; `nil` if there is none. O(n).
  ///
  /// It returns the future that was done first. If several were done before the call, it returns
  /// the first in the order given. A future that failed is done too. Nothing stays registered with
  /// the others.
  public static func waitAny(_ futures: some Sequence<Future<Value>>) -> Future? {
    let all = Array(futures)
    return FirstArrival.block(all).map { all[$0] }
  }

  /// Suspends until one future is done and returns it; `nil` if there is none. O(n).
  ///
  /// It returns the future that was done first. If several were done before the call, it returns
  /// the first in the order given. A future that failed is done too. Nothing stays registered with
  /// the others.
  public nonisolated(nonsending) static func waitAny(
    _ futures: some Sequence<Future<Value>>
  ) async -> Future? {
    let all = Array(futures)
    return await FirstArrival.suspend(all).map { all[$0] }
  }
}

// `Future.waitAll(…)` needs no type argument: `Never` stands in, as it does for `Task.sleep`.
extension Future where Value == Never {
  // MARK: Futures of several types

  /// Blocks until all are done, for futures of any types. O(n).
  public static func waitAll(_ futures: [any AnyFuture]) { blockForAll(futures as [FutureCore]) }

  /// Suspends until all are done, for futures of any types. O(n).
  public nonisolated(nonsending) static func waitAll(_ futures: [any AnyFuture]) async {
    await suspendForAll(futures as [FutureCore])
  }

  /// Blocks until all are done: `Future.waitAll(user, orders)`.
  public static func waitAll<each V>(_ futures: repeat Future<each V>) {
    var all: [FutureCore] = []
    repeat all.append(each futures)
    blockForAll(all)
  }

  /// Suspends until all are done: `await Future.waitAll(user, orders)`.
  public nonisolated(nonsending) static func waitAll<each V>(
    _ futures: repeat Future<each V>
  ) async {
    var all: [FutureCore] = []
    repeat all.append(each futures)
    await suspendForAll(all)
  }

  /// Blocks until one future is done and returns it, for futures of any types; `nil` if there is
  /// none.
  // Disfavoured, or a literal of futures of one type would give `any AnyFuture`.
  @_disfavoredOverload
  public static func waitAny(_ futures: [any AnyFuture]) -> (any AnyFuture)? {
    FirstArrival.block(futures).map { futures[$0] }
  }

  /// Suspends until one future is done and returns it, for futures of any types; `nil` if there is
  /// none.
  @_disfavoredOverload
  public nonisolated(nonsending) static func waitAny(
    _ futures: [any AnyFuture]
  ) async -> (any AnyFuture)? {
    await FirstArrival.suspend(futures).map { futures[$0] }
  }

  /// Blocks until one future is done and returns it: `Future.waitAny(cache, network)`.
  public static func waitAny<each V>(_ futures: repeat Future<each V>) -> (any AnyFuture)? {
    var all: [any AnyFuture] = []
    repeat all.append(each futures)
    return waitAny(all)
  }

  /// Suspends until one future is done and returns it: `await Future.waitAny(cache, network)`.
  public nonisolated(nonsending) static func waitAny<each V>(
    _ futures: repeat Future<each V>
  ) async -> (any AnyFuture)? {
    var all: [any AnyFuture] = []
    repeat all.append(each futures)
    return await waitAny(all)
  }
}

/// Blocks for each in turn. First all sources are asked to help, so that batches of several
/// batchers are under way together rather than one after the other.
@usableFromInline
func blockForAll(_ futures: [FutureCore]) {
  let pending = futures.filter { !$0.done() }
  let wait = WaitForAll(pending, .blocking)
  if pending.count > 1 { for future in pending { future.source?.helpWaiter(mayRunHere: false) } }
  for future in pending { future.wait() }
  wait?.end()
}

/// Suspends for each in turn.
@usableFromInline
nonisolated(nonsending) func suspendForAll(_ futures: [FutureCore]) async {
  let wait = WaitForAll(futures, .suspending)
  for future in futures { await future.wait() }
  wait?.end()
}

/// The wait of a tasklet that waits for many futures in turn: it needs all of them from the
/// beginning. So a deadlock is found at once, not when the turn of that future comes.
// `@unchecked Sendable`: as its base class; the place is written once, before others find the wait.
private final class WaitForAll: PendingWait, @unchecked Sendable {
  @exclusivity(unchecked) private var place = WaitSite.unknown

  override var site: WaitSite { place }

  override func noteSite() { place = .here(manner) }

  /// `nil` if the waits for the single futures say as much.
  init?(_ futures: [FutureCore], _ manner: WaitManner) {
    guard futures.count > 1, WaitOwner.enclosing != nil else { return nil }
    super.init(.all(futures), manner)
    begin()
    for future in futures { future.source?.willHoldUpTasklet() }
    DeadlockCheck.failIfDeadlocked(by: self)
  }
}

/// One wait for the first of many futures: a node on each, and a winner.
private final class FirstArrival: Sendable {
  private static let none = -1
  /// The index of the first future that fired its node.
  private let winner = Atomic<Int>(FirstArrival.none)
  /// The thread or task to wake. Fired once, by the winner.
  private let sleeper: PendingWait

  private init(_ sleeper: PendingWait) { self.sleeper = sleeper }

  // `@unchecked Sendable`: as its base class; it adds nothing that changes.
  private final class Node: Waiter, @unchecked Sendable {
    let index: Int
    let wait: FirstArrival

    init(index: Int, wait: FirstArrival) {
      self.index = index
      self.wait = wait
    }

    override func fire(_ future: FutureCore) { wait.arrived(index, future) }
    override var mayHoldUpTasklet: Bool { wait.sleeper.mayHoldUpTasklet }
  }

  private func arrived(_ index: Int, _ future: FutureCore) {
    let (isFirst, _) = winner.compareExchange(
      expected: Self.none, desired: index, ordering: .acquiringAndReleasing)
    if isFirst { sleeper.fire(future) }
  }

  /// Registers with each future until a done one is found. Returns the nodes.
  private func register(with futures: [some FutureCore]) -> [Node] {
    var nodes: [Node] = []
    nodes.reserveCapacity(futures.count)
    sleeper.begin()
    for (index, future) in futures.enumerated() {
      let node = Node(index: index, wait: self)
      nodes.append(node)
      if !future.add(node) {
        arrived(index, future)
        return nodes
      }
    }
    DeadlockCheck.failIfDeadlocked(by: sleeper)
    return nodes
  }

  private func finish(_ nodes: [Node], _ futures: [some FutureCore]) -> Int {
    for node in nodes { futures[node.index].remove(node) }
    sleeper.end()
    return winner.load(ordering: .acquiring)
  }

  static func block(_ futures: [any AnyFuture]) -> Int? { block(futures as [FutureCore]) }

  static func block(_ futures: [some FutureCore]) -> Int? {
    if futures.isEmpty { return nil }
    if let index = futures.firstIndex(where: { $0.done() }) { return index }
    for future in futures { future.source?.helpWaiter(mayRunHere: false) }
    let thread = ThreadState.current
    let waiter = ThreadWaiter(.any(futures), thread.parker)
    let wait = FirstArrival(waiter)
    let nodes = wait.register(with: futures)
    // It throws only if it may.
    try? thread.sleep(for: waiter, until: nil, mayThrow: false) {
      wait.winner.load(ordering: .acquiring) != none
    }
    return wait.finish(nodes, futures)
  }

  nonisolated(nonsending) static func suspend(_ futures: [any AnyFuture]) async -> Int? {
    await suspend(futures as [FutureCore])
  }

  nonisolated(nonsending) static func suspend(_ futures: [some FutureCore]) async -> Int? {
    if futures.isEmpty { return nil }
    if let index = futures.firstIndex(where: { $0.done() }) { return index }
    let waiter = TaskWaiter(.any(futures))
    let wait = FirstArrival(waiter)
    var nodes: [Node] = []
    await withUnsafeContinuation { continuation in
      waiter.continuation = continuation
      nodes = wait.register(with: futures)
    }
    return wait.finish(nodes, futures)
  }
}
