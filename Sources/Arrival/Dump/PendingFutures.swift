// SPDX-License-Identifier: Apache-2.0
/// Shows what is pending in the program, and why.
public enum PendingFutures {
  /// Prints what is pending, and why, on standard error; see ``formatDump(limits:)``.
  public static func dump(limits: DumpLimits = .default) {
    writeToStandardError(String(formatDump(limits: limits).dropLast()))
  }

  /// Shows what is pending, and why, as trees.
  ///
  /// The trees are of threads and tasks that wait, and of the tasklets of each executor, the oldest
  /// first, each with what it waits for.
  ///
  /// ```
  /// waits outside of tasklets:
  /// - a thread blocks (2.1 s)
  ///   - for tasklet "total" created in main() at App/main.swift:12, 2.1 s old
  ///     - awaits (2.1 s) tasklet "user 7" created in total() at App/main.swift:31, 2.1 s old
  ///       - awaits (2.0 s) key created in total() at main.swift:32, of users batch_3, under way
  /// ```
  ///
  /// May be called at any time from any thread. It holds up other work for no longer than it takes
  /// to copy a few thousand pointers, however much is pending. Each line is true for its own
  /// moment. A promise without a waiter is not known and not shown. Ages are exact to some
  /// milliseconds.
  public static func formatDump(limits: DumpLimits = .default) -> String {
    var tree = PendingTree(LiveGraph(), limits)
    let outside = OutsideWaits.current(limit: limits.lines).sorted { $0.began < $1.began }
    if !outside.isEmpty {
      tree.add(line: "waits outside of tasklets:")
      tree.add(roots: outside.map { .wait($0) }, of: outside.count)
    }
    for load in ExecutorRegistry.loads(limit: limits.lines) {
      tree.add(line: load.heading)
      tree.add(
        roots: load.tasklets.compactMap { $0.future.map { .future($0) } },
        of: load.statistics.pendingTasklets)
    }
    return tree.text.isEmpty ? "nothing is pending\n" : tree.text
  }
}

extension PendingFutures {
  /// Shows what is pending on one executor.
  package static func formatDump(of executor: TaskletExecutor) -> String {
    let limits = DumpLimits.default
    var tree = PendingTree(LiveGraph(), limits)
    let (count, tasklets) = executor.loop.withLock { loop in
      (loop.liveTasklets.count, loop.liveTasklets.oldest(limit: limits.lines))
    }
    tree.add(roots: tasklets.compactMap { $0.future.map { .future($0) } }, of: count)
    return tree.text.isEmpty ? "nothing is pending\n" : tree.text
  }
}

extension FutureCore {
  /// Prints what the future is waiting for on standard error; see ``formatDump(limits:)``.
  public final func dump(limits: DumpLimits = .default) {
    writeToStandardError(String(formatDump(limits: limits).dropLast()))
  }

  /// Shows what the future is waiting for, as a tree; its description if it is done.
  ///
  /// Otherwise like ``PendingFutures/formatDump(limits:)``.
  public final func formatDump(limits: DumpLimits = .default) -> String {
    var tree = PendingTree(LiveGraph(), limits)
    tree.add(root: .future(self))
    return tree.text.isEmpty ? "\(self)\n" : tree.text
  }
}

extension ExecutorRegistry.Load {
  fileprivate var heading: String {
    let numbers = [
      "\(statistics.pendingTasklets) tasklets pending", "\(statistics.ready) jobs ready",
      "\(statistics.timers) timers",
      "\(statistics.threads) threads, \(statistics.blockedThreads) of them blocked",
    ]
    return "executor \(String(reflecting: name)): \(numbers.joined(separator: ", "))"
  }
}
