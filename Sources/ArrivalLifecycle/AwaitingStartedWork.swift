// SPDX-License-Identifier: Apache-2.0
#if Lifecycle
  /// Runs a body, such as one request, then waits for what it started and did not await.
  ///
  /// ```swift
  /// try await awaitingStartedWork(within: .seconds(10)) {
  ///   datastore.put(visit)                    // nobody awaits it
  ///   Future("mail") { try await send(mail) } // nor this
  ///   return page
  /// }                                         // returns when both have ended
  /// ```
  ///
  /// It waits for tasklets that the body starts, for keys that it loads from batchers, and so for
  /// its puts and gets of a datastore; and for those of the tasklets. Plain `Task { … }` is not
  /// waited for, but what such a task starts is. Neither is a `Future.sleep` that nobody awaits.
  /// The errors of what nobody awaited are reported as unobserved failures, not thrown. If the body
  /// throws, the work is waited for too, and the body's error is thrown.
  ///
  /// The first call installs an instrument, which costs each tasklet and each load about as much as
  /// `ArrivalMetrics` does.
  ///
  /// - Parameters:
  ///   - limit: how long to wait after the body has ended.
  ///   - body: the request.
  /// - Returns: what the body returns.
  /// - Throws: what the body throws; ``UnfinishedWork`` if something has not ended in time;
  ///   `CancellationError` if the task is cancelled while it waits.
  public nonisolated(nonsending) func awaitingStartedWork<Result>(
    within limit: Duration = .seconds(30), _ body: () async throws -> Result
  ) async throws -> Result {
    WorkInstrument.install()
    let work = StartedWork()
    let result: Result
    do {
      result = try await StartedWork.$current.withValue(work, operation: body)
    } catch {
      try? await work.wait(within: limit)
      throw error
    }
    try await work.wait(within: limit)
    return result
  }
#endif
