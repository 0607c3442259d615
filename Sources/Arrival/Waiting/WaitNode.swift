/// A node of the wait-for graph: a future, or a wait. Equal if it is the same object.
enum WaitNode {
  case future(FutureCore)
  case wait(Wait)

  private var identity: ObjectIdentifier {
    switch self {
    case .future(let future): ObjectIdentifier(future)
    case .wait(let wait): ObjectIdentifier(wait)
    }
  }
}

extension WaitNode: Hashable {
  static func == (a: WaitNode, b: WaitNode) -> Bool { a.identity == b.identity }
  func hash(into hasher: inout Hasher) { hasher.combine(identity) }
}

/// What a pending future needs in order to be done, as its source knows it.
enum Dependencies {
  /// It can be done by itself: a promise, a timer, code that runs.
  case external
  /// It cannot get a value before all of these are done. Without those that are done already; if one
  /// of them ends it early, by its error, the answer is `external`.
  case allOf([FutureCore])
  /// It cannot be done before one of these is. All that could still do it, those that are done too.
  case anyOf([FutureCore])
  /// What the tasklet that ends with it waits for.
  case waits(Needs<WaitNode>)
}

/// The wait-for graph as it is at the moment of each question: nothing is kept of it but the futures,
/// their sources and the waits. Takes the lock of each future and each list alone.
struct WaitGraph: DependencyGraph {
  /// Futures that are about to be failed, and so hold up nobody.
  var doomed: Set<ObjectIdentifier> = []

  func needs(of node: WaitNode) -> Needs<WaitNode> {
    switch node {
    case .future(let future): needs(of: future)
    case .wait(let wait): needs(of: wait)
    }
  }

  private func needs(of future: FutureCore) -> Needs<WaitNode> {
    if !doomed.isEmpty, doomed.contains(ObjectIdentifier(future)) { return .nothing }
    // A future that is done has no source.
    guard let source = future.source else { return .nothing }
    return needs(of: source)
  }

  private func needs(of source: FutureSource) -> Needs<WaitNode> {
    switch source.dependencies() {
    case .external: return .nothing
    case .waits(let needs): return needs
    case .allOf(let futures): return .all(of: futures)
    case .anyOf(let futures): return .any(of: futures)
    }
  }

  private func needs(of wait: Wait) -> Needs<WaitNode> {
    if wait.hasFired { return .nothing }
    switch wait.targets {
    case .one(let future): return .one(.future(future))
    case .all(let futures): return .all(of: futures)
    case .any(let futures): return .any(of: futures)
    case .source(let source): return needs(of: source)
    }
  }
}

extension Needs<WaitNode> {
  fileprivate static func all(of futures: [FutureCore]) -> Self {
    if futures.isEmpty { return .nothing }
    return futures.count == 1 ? .one(.future(futures[0])) : .all(futures.map { .future($0) })
  }

  fileprivate static func any(of futures: [FutureCore]) -> Self {
    if futures.isEmpty { return .nothing }
    return futures.count == 1 ? .one(.future(futures[0])) : .any(futures.map { .future($0) })
  }
}
