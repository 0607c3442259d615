// SPDX-License-Identifier: Apache-2.0
extension TaskletExecutor {
  /// Makes a call that blocks the thread for something other than a future: a lock, a file, a
  /// library without an asynchronous interface.
  ///
  /// Meanwhile a spare thread takes the thread's place.
  ///
  /// ```swift
  /// let rows = Future { try TaskletExecutor.blocking { try database.query(sql) } }
  /// ```
  ///
  /// Without it, a tasklet that blocks in such a call takes a worker from the executor, and batches
  /// wait for `maxDelay` because the executor is not quiescent. Past `maxSpareThreads`
  /// new tasklets are held back, as with waits. Outside of executors
  /// the call is just made; in a plain `Task` it holds a thread of Swift's cooperative pool, which
  /// ``Diagnostic`` reports.
  ///
  /// - Throws: what `body` throws.
  /// - Returns: what `body` returns.
  public static func blocking<Value, Failure: Error>(
    _ body: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    let thread = ThreadState.current
    guard thread.isInsideExecutor else {
      BlockedThreads.reportPool()
      return try body()
    }
    let places = thread.beginBlockingCall()
    defer { thread.endBlockingCall(places) }
    return try body()
  }
}
