// SPDX-License-Identifier: Apache-2.0
extension Future {
  /// Starts a *tasklet*: an async closure whose end completes this future. Returns at once.
  ///
  /// ```swift
  /// let user = Future("user 7") { try await api.user(7) }
  /// ```
  ///
  /// The closure runs on the executor's workers. The first thread that blocks for the result may
  /// run its beginning itself. An error that it throws, before or after its first suspension, fails
  /// the future. Task-local values and priority are those of the code that creates the future.
  ///
  /// - Parameters:
  ///   - name: shown in descriptions and reports.
  ///   - executor: where it runs; by default where the calling tasklet runs, or else
  ///     ``TaskletExecutor/shared``. An executor that was shut down fails the future with
  ///     ``ExecutorShutDown``.
  ///   - cancelsWhenUnobserved: cancels the operation when its last waiter is cancelled, and when
  ///     nothing holds the future any more. By default the operation goes on as long as something
  ///     holds the future, and is not cancelled if nothing ever waited for it.
  ///   - function: the function that creates the future; left out.
  ///   - file: its file; left out.
  ///   - line: its line; left out.
  ///   - body: the operation.
  public convenience init(
    _ name: String? = nil, on executor: TaskletExecutor? = nil,
    cancelsWhenUnobserved: Bool = false,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line,
    _ body: sending @escaping () async throws -> Value
  ) {
    self.init(
      name, on: executor, cancelsWhenUnobserved: cancelsWhenUnobserved,
      site: SourceSite(function: function, file: file, line: line), body)
  }

  /// Starts a tasklet whose closure never suspends.
  // A closure without `await` is of this type, and prefers this overload to `init(value:)`.
  public convenience init(
    _ name: String? = nil, on executor: TaskletExecutor? = nil,
    cancelsWhenUnobserved: Bool = false,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line,
    _ body: sending @escaping () throws -> Value
  ) {
    self.init(
      name, on: executor, cancelsWhenUnobserved: cancelsWhenUnobserved,
      site: SourceSite(function: function, file: file, line: line),
      { () async throws -> Value in try body() })
  }

  private convenience init(
    _ name: String?, on executor: TaskletExecutor?, cancelsWhenUnobserved: Bool, site: SourceSite,
    _ body: sending @escaping () async throws -> Value
  ) {
    self.init(pending: name, site: site)
    (executor ?? TaskletExecutor.current).start(
      self, cancelsWhenUnobserved: cancelsWhenUnobserved, body)
  }
}

extension Future {
  /// Starts a tasklet. The source site was made at the public surface.
  package convenience init(
    _ name: String?, on executor: TaskletExecutor?, at site: SourceSite,
    _ body: sending @escaping () async throws -> Value
  ) {
    self.init(pending: name, site: site)
    (executor ?? TaskletExecutor.current).start(self, cancelsWhenUnobserved: false, body)
  }
}
