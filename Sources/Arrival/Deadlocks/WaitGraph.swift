// SPDX-License-Identifier: Apache-2.0
/// The wait-for graph, read from the futures, their sources and the waits at the moment of each
/// question: nothing else is kept of it. Takes the lock of each future and each list alone.
struct WaitGraph: DependencyGraph {
  /// Futures that are about to be failed, and so hold up nothing.
  var doomed: Set<ObjectIdentifier> = []

  func needs(of node: WaitNode) -> Needs<WaitNode> {
    switch node {
    case .future(let future): needs(of: future)
    case .wait(let wait): needs(of: wait)
    case .source(let source): Needs(source.dependencies())
    }
  }

  private func needs(of future: FutureCore) -> Needs<WaitNode> {
    if !doomed.isEmpty, doomed.contains(ObjectIdentifier(future)) { return .nothing }
    // A future that is done has no source.
    guard let source = future.source else { return .nothing }
    return Needs(source.dependencies())
  }

  private func needs(of wait: PendingWait) -> Needs<WaitNode> {
    if wait.hasFired { return .nothing }
    switch wait.targets {
    case .one(let future): return .one(.future(future))
    case .all(let futures): return .all(of: futures)
    case .any(let futures): return .any(of: futures)
    case .source(let source): return Needs(source.dependencies())
    }
  }
}

extension Needs<WaitNode> {
  init(_ dependencies: Dependencies) {
    switch dependencies {
    case .external: self = .nothing
    case .waits(let needs): self = needs
    case .allOf(let futures): self = .all(of: futures)
    case .anyOf(let futures): self = .any(of: futures)
    }
  }

  fileprivate static func all(of futures: [FutureCore]) -> Self {
    if futures.isEmpty { return .nothing }
    return futures.count == 1 ? .one(.future(futures[0])) : .all(futures.map { .future($0) })
  }

  fileprivate static func any(of futures: [FutureCore]) -> Self {
    if futures.isEmpty { return .nothing }
    return futures.count == 1 ? .one(.future(futures[0])) : .any(futures.map { .future($0) })
  }
}
