// SPDX-License-Identifier: Apache-2.0
/// Blocking waits of threads outside for results that only a manual executor can bring.
///
/// That executor has no thread, so the waiting thread runs its work, as a thread does that blocks
/// inside one of its tasklets. It does so only for the task or thread that made the executor or ran
/// it last. Any other leaves the work to that one.
enum ManualWait {
  /// The manual executor without whose work the wait cannot end; `nil` if there is none.
  static func executor(of wait: PendingWait) -> TaskletExecutor? {
    guard ManualDriver.exist else { return nil }
    let graph = Graph()
    return StuckSearch.canEnd(.wait(wait), in: graph) ? nil : graph.found.executor
  }

  /// The wait-for graph of a program in which nobody runs manual executors: what they complete
  /// needs itself, so it never ends.
  private struct Graph: DependencyGraph {
    final class Found { var executor: TaskletExecutor? }

    let found = Found()
    private let graph = WaitGraph()

    func needs(of node: WaitNode) -> Needs<WaitNode> {
      guard case .future(let future) = node, let source = future.source,
        let executor = executor(of: source), executor.isManual
      else { return graph.needs(of: node) }
      // Its timer never comes, but the other future may.
      if let timeout = source as? TimeoutSource { return Needs(timeout.dependenciesWithoutTimer) }
      found.executor = executor
      return .one(node)
    }

    private func executor(of source: FutureSource) -> TaskletExecutor? {
      switch source {
      case let tasklet as Tasklet: tasklet.executor
      case let timer as TimerSource: timer.executor
      case let timeout as TimeoutSource: timeout.executor
      default: nil
      }
    }
  }
}
