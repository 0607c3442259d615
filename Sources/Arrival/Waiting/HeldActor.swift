// SPDX-License-Identifier: Apache-2.0
internal import CArrival
internal import Synchronization

/// The actor that a thread keeps from running other code while it blocks. The wait can never end if
/// it waits for that code, and no graph can show this: what an actor has still to run is not known.
enum HeldActor {
  case main
  /// With its type, if that is known.
  case other(AnyClass?)

  /// The actor that the calling thread holds.
  static var ofThread: HeldActor? {
    if arrival_is_on_main_actor() { return .main }
    var object: UnsafeRawPointer?
    guard arrival_is_on_actor(&object) else { return nil }
    return .other(
      object.map { type(of: Unmanaged<AnyObject>.fromOpaque($0).takeUnretainedValue()) })
  }

  /// `the main thread`, `a thread of the actor Cache`.
  var threadText: String {
    switch self {
    case .main: "the main thread"
    case .other(let type): "a thread of \(type.map { "the actor \($0)" } ?? "an actor")"
    }
  }
}

/// Watches a blocking wait of a thread that holds an actor, and reports it if nothing that it waits
/// for goes on.
///
/// The thread looks itself, so that no timer is needed and no worker has to be free.
struct HeldActorWatch {
  /// How long nothing goes on before the wait is reported. Tests change it.
  static let patience = Atomic<Nanoseconds>(5_000_000_000)

  /// How many call sites are told apart. Sites beyond these are not reported.
  private static let maxSites = 1024
  private static let reported = Lock<Set<WaitSite>>([])

  private let actor: HeldActor
  /// What the wait needed when it was last looked at, and how many jobs had run by then.
  private var last: (leaf: ObjectIdentifier, jobs: Int)?

  init(_ actor: HeldActor) { self.actor = actor }

  /// How long to sleep until the next look.
  static var interval: Nanoseconds { patience.load(ordering: .relaxed) / 2 }

  /// Looks at the wait. Returns whether it was reported, or never will be.
  mutating func look(at waiter: ThreadWaiter) -> Bool {
    let before = last
    last = nil
    guard let leaf = Leaf(of: waiter), let jobs = leaf.jobs else { return false }
    let now = (ObjectIdentifier(leaf.future), jobs)
    last = now
    guard let before, before == now else { return false }
    waiter.mayWaitForItself = true
    let isNew = Self.reported.withLock {
      $0.count < Self.maxSites && $0.insert(waiter.site).inserted
    }
    if isNew {
      Diagnostic.blocksActor(
        thread: actor.threadText, site: waiter.site.description, awaited: leaf.text
      ).report()
    }
    return true
  }
}

/// A future without which a wait cannot end, and that is completed in a way nothing is known of: by
/// a promise, or by a tasklet that awaits what is no future.
private struct Leaf {
  let future: FutureCore
  private let tasklet: Tasklet?

  init?(of wait: PendingWait) {
    let graph = Graph()
    guard !StuckSearch.canEnd(.wait(wait), in: graph), let future = graph.found.future
    else { return nil }
    self.future = future
    tasklet = future.source as? Tasklet
  }

  /// How many jobs have run that may complete the future; `nil` if one runs.
  var jobs: Int? { tasklet.map { $0.executor.restingJobs } ?? ExecutorRegistry.restingJobs }

  var text: String {
    "the \(tasklet == nil ? "promise" : "tasklet")\(nameText(future.name)) created in"
      + " \(future.creationSite)"
  }

  /// The wait-for graph, in which such a future needs itself, so it never ends.
  private struct Graph: DependencyGraph {
    final class Found { var future: FutureCore? }

    let found = Found()
    private let graph = WaitGraph()

    func needs(of node: WaitNode) -> Needs<WaitNode> {
      let needs = graph.needs(of: node)
      guard case .nothing = needs, case .future(let future) = node, !future.done(),
        isUnknown(future.source)
      else { return needs }
      if found.future == nil { found.future = future }
      return .one(node)
    }

    private func isUnknown(_ source: FutureSource?) -> Bool {
      switch source {
      case nil, is PromiseSource: true
      case let tasklet as Tasklet: tasklet.isClaimed
      default: false
      }
    }
  }
}
