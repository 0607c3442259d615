/// Shows what is pending in the program, and why.
public enum PendingFutures {
  /// Prints on standard error what is pending and why; see ``formatDump(limits:)``.
  public static func dump(limits: DumpLimits = .default) {
    writeToStandardError(String(formatDump(limits: limits).dropLast()))
  }

  /// What is pending and why, as trees: threads and tasks that wait, and the tasklets of each
  /// executor, the oldest first, each with what it waits for.
  ///
  /// ```
  /// waits outside of tasklets:
  /// - a thread blocks (2.1 s)
  ///   - for tasklet "total" created in main() at App/main.swift:12, 2.1 s old
  ///     - awaits (2.1 s) tasklet "user 7" created in total() at App/main.swift:31, 2.1 s old
  ///       - awaits (2.0 s) key created in total() at App/main.swift:32, of users batch_3, under way
  /// ```
  ///
  /// May be called at any time from any thread; nothing that happens meanwhile is held up for longer
  /// than it takes to copy a few thousand pointers, whatever is pending. Each line is true for its own
  /// moment. A promise that nobody waits for is not known and not shown. Ages are some milliseconds
  /// exact.
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

extension FutureCore {
  /// Prints on standard error what the future is waiting for; see ``formatDump(limits:)``.
  public final func dump(limits: DumpLimits = .default) {
    writeToStandardError(String(formatDump(limits: limits).dropLast()))
  }

  /// What the future is waiting for, as a tree; its description if it is done. As
  /// ``PendingFutures/formatDump(limits:)``.
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
