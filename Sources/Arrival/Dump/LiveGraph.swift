// SPDX-License-Identifier: Apache-2.0
internal import CArrival
internal import Synchronization

/// The graph of what is pending, read at the moment of each question. Takes the lock of each future
/// and of each list of waits alone, and copies a bounded number of things under it.
struct LiveGraph: PendingGraph {
  /// The time by which all ages are told, so that the older of two things has the greater age.
  private let now = arrival_coarse_nanoseconds()

  func entry(of id: WaitNode, width: Int) -> PendingEntry<WaitNode>? {
    switch id {
    case .future(let future): entry(of: future, width: width)
    case .wait(let wait): entry(of: wait, width: width)
    case .source(let source): entry(of: source, source.kind, width: width)
    }
  }

  private func entry(of future: FutureCore, width: Int) -> PendingEntry<WaitNode>? {
    guard let source = future.source else {
      // It is done, or only its promise completes it.
      return future.done() ? nil : PendingEntry(text: future.title(as: "promise"))
    }
    if let tasklet = source as? Tasklet {
      return entry(of: tasklet, future, width: width)
    }
    return entry(of: source, future.title(as: source.kind), width: width)
  }

  private func entry(
    of source: FutureSource, _ title: String, width: Int
  ) -> PendingEntry<WaitNode> {
    var needs = NeedList(width: width)
    needs.add(source.dependencies(), label: "needs")
    return needs.entry(title + (source.pendingText.map { ", \($0)" } ?? ""))
  }

  private func entry(
    of tasklet: Tasklet, _ future: FutureCore, width: Int
  ) -> PendingEntry<WaitNode> {
    var text = "\(future.title(as: tasklet.kind)), \(ageText(tasklet.age(at: now))) old"
    if tasklet.executor !== TaskletExecutor.shared { text += ", on \"\(tasklet.executor.name)\"" }
    let waits = tasklet.waits.withLock { $0.current(limit: width + 1) }
    if waits.isEmpty {
      // What else a task awaits cannot be found out.
      text += tasklet.isClaimed ? ", runs or awaits what is no future" : ", has not begun"
    }
    var needs = NeedList(width: width)
    // The newest first: in a wait for many futures, the one whose turn it is.
    for wait in waits.reversed().prefix(width) { needs.add(wait, label: wait.label(at: now)) }
    if waits.count > width { needs.isCounted = false }
    return needs.entry(text)
  }

  private func entry(of wait: PendingWait, width: Int) -> PendingEntry<WaitNode>? {
    if wait.hasFired { return nil }
    var needs = NeedList(width: width)
    needs.add(wait, label: "for")
    let held = (wait as? ThreadWaiter)?.heldActor
    let sleeper = held?.threadText ?? (wait.manner == .blocking ? "a thread" : "a task")
    return needs.entry("\(sleeper) \(wait.label(at: now))")
  }
}

/// What one thing needs: each future once, as many as there is room for, and how many more.
private struct NeedList {
  let width: Int
  private var needs: [PendingNeed<WaitNode>] = []
  private var more = 0
  /// Whether `more` is all that was left out.
  var isCounted = true

  init(width: Int) { self.width = width }

  mutating func add(_ wait: PendingWait, label: String) {
    switch wait.targets {
    case .one(let future): add([future], label: label, of: "each of")
    case .all(let futures): add(futures, label: label, of: "each of")
    case .any(let futures): add(futures, label: label, of: "one of")
    case .source(let source): add(source.dependencies(), label: label)
    }
  }

  mutating func add(_ dependencies: Dependencies, label: String) {
    switch dependencies {
    case .allOf(let futures): add(futures, label: label, of: "each of")
    case .anyOf(let futures): add(futures, label: label, of: "one of")
    case .waits(let needs): add(needs.nodes, label: label, of: "each of")
    case .external: break
    }
  }

  /// Adds the futures that are pending, in order.
  mutating func add(_ futures: [FutureCore], label: String, of many: String) {
    add(futures.map { .future($0) }, label: label, of: many)
  }

  mutating func add(_ nodes: [WaitNode], label: String, of many: String) {
    let label = nodes.count == 1 ? label : "\(label) \(many) \(nodes.count):"
    for node in nodes {
      if case .future(let future) = node, future.done() { continue }
      if needs.contains(where: { $0.id == node }) { continue }
      if needs.count < width {
        needs.append(PendingNeed(label: label, id: node))
      } else {
        more += 1
      }
    }
  }

  func entry(_ text: String) -> PendingEntry<WaitNode> {
    PendingEntry(text: text, needs: needs, more: isCounted ? more : nil)
  }
}

extension PendingWait {
  /// `awaits (2.0 s, load(_:) at App/main.swift:3)`.
  fileprivate func label(at now: Nanoseconds) -> String {
    var details = ageText(age(at: now))
    if let limit { details += " of \(durationText(limit))" }
    if let site = site.description { details += ", \(site)" }
    if let blocking = self as? ThreadWaiter, let actor = blocking.heldActor {
      // The line of a thread outside says it already.
      if owner != nil { details += ", on \(actor.threadText)" }
      if blocking.mayWaitForItself { details += ", perhaps for code of the same actor" }
    }
    return "\(manner == .blocking ? "blocks" : "awaits") (\(details))"
  }
}

extension Tasklet {
  fileprivate func age(at now: Nanoseconds) -> Nanoseconds {
    let now = manualNow ?? now
    return now > created ? now - created : 0
  }
}

extension FutureCore {
  /// The longest name that is shown whole.
  private static let maxName = 200

  /// `tasklet "user 7" created in load(_:) at App/main.swift:3`, in one line.
  final func title(as kind: String) -> String {
    let name = name.map { name in
      // Escaped, so that a name with a line break stays in its line.
      " " + String(reflecting: name.count > Self.maxName ? name.prefix(Self.maxName) + "…" : name)
    }
    return "\(kind)\(name ?? "") created in \(creationSite)"
  }
}
