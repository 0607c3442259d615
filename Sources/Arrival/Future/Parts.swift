internal import Synchronization

/// The futures a source waits for, and its registration with each: what all combined futures share.
///
/// `fire` of each node calls the source's `partArrived`. A node holds the source, so that a future
/// nobody holds is still completed; all are let go of when the source is done with its parts.
struct Parts: ~Copyable {
  let futures: [FutureCore]
  private let list: List
  private let nodes = Lock<[PartNode]>([])
  /// Where to begin to look for a part that can end.
  private let candidate = Atomic<Int>(0)

  enum List {
    /// Before any callback: for what runs no code of the user's.
    case waiters
    /// In their turn: for what completes a future, whose callbacks may do anything.
    case callbacks
  }

  init(_ futures: [FutureCore], on list: List) {
    self.futures = futures
    self.list = list
  }

  /// Registers with each, until the source is done with them.
  func register(_ source: FutureSource, until isDone: () -> Bool) {
    let nodes = futures.indices.map { PartNode(index: $0, source: source) }
    self.nodes.withLock { $0 = nodes }
    for (future, node) in zip(futures, nodes) {
      if isDone() { break }
      switch list {
      case .callbacks: future.addCallback(node)
      case .waiters: if !future.add(node) { node.fire(future) }
      }
    }
    // It may have ended while some nodes were not registered yet.
    if isDone() { remove(nodes, byCancellation: false) }
  }

  /// Takes back what is registered. Not by cancellation, the source was given what it wanted: it
  /// would have dropped errors that are still to come.
  func unregister(byCancellation: Bool) {
    let nodes = takeNodes()
    remove(nodes, byCancellation: byCancellation)
  }

  /// Lets go of the nodes, all of which have fired.
  func forget() { _ = takeNodes() }

  private func takeNodes() -> [PartNode] {
    var nodes: [PartNode] = []
    self.nodes.withLock { swap(&$0, &nodes) }
    return nodes
  }

  private func remove(_ nodes: [PartNode], byCancellation: Bool) {
    for node in nodes {
      let future = futures[node.index]
      switch list {
      case .callbacks: future.removeCallback(node)
      case .waiters: future.remove(node)
      }
      if list == .callbacks, !byCancellation { future.forgiveErrors() }
      future.left(byCancellation: byCancellation)
    }
  }

  /// Those that are not done.
  var pending: [FutureCore] { futures.filter { !$0.done() } }

  /// Whether a pending one is found quickly that can end: it looks at the one it found last, or if
  /// that is done at the next. So each is looked at once, and however often this is asked it costs
  /// O(n) in all.
  func someCanEnd() -> Bool {
    var index = candidate.load(ordering: .relaxed)
    while index < futures.count, futures[index].done() { index += 1 }
    candidate.store(index, ordering: .relaxed)
    return index < futures.count
      && StuckSearch.canEnd(.future(futures[index]), in: WaitGraph())
  }
}

/// A source's place in the list of one of its parts.
// `@unchecked Sendable`: as its base class; it adds nothing that changes.
final class PartNode: Waiter, @unchecked Sendable {
  let index: Int
  private let source: FutureSource

  init(index: Int, source: FutureSource) {
    self.index = index
    self.source = source
  }

  override func fire(_ future: FutureCore) { source.partArrived(index, future) }
}

extension FutureCore {
  /// An error that is still to come need not be reported: who was to carry it on needs it no more.
  final func forgiveErrors() {
    state.withLock { $0.forgivesErrors = true }
    if done() { failure?.forgive() }
  }

  /// Fails with the error of another future, which thereby has been looked at.
  @discardableResult
  final func fail(carrying failure: Failure) -> Bool {
    fail(with: Failure(failure.look(), site: nil, future: self, upstream: failure.trace))
  }
}

extension FutureSource {
  /// Does what `advance` does for the sources of all that this one forwards to, and so on. With a
  /// list, so that parts in parts need no stack; each of them once, however many ways lead there.
  final func advanceForwards(mayRun: Bool) {
    var known: Set<ObjectIdentifier> = [ObjectIdentifier(self)]
    var open: [(futures: [FutureCore], mayRun: Bool)] = []
    var mayRunOwn = mayRun
    if let own = forwards(mayRun: &mayRunOwn) { open.append((own, mayRunOwn)) }
    while let (futures, mayRun) = open.popLast() {
      for future in futures {
        guard !future.done(), let source = future.source else { continue }
        var mayRunIts = mayRun
        if let its = source.forwards(mayRun: &mayRunIts) {
          if known.insert(ObjectIdentifier(source)).inserted { open.append((its, mayRunIts)) }
        } else {
          source.advance(mayRun: mayRun)
        }
      }
    }
  }
}
