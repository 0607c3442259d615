// SPDX-License-Identifier: Apache-2.0
extension Future {
  /// The value, when it has arrived; blocks the thread until then.
  ///
  /// - Throws: the error that arrived instead; ``OutOfThreads`` if the system starts no
  ///   thread to take the place of this one, and no other is left.
  @inlinable
  public func getResult() throws -> Value {
    if !done() { try block() }
    return try arrivedValue()
  }

  /// The value, when it has arrived; suspends the task until then.
  ///
  /// - Throws: the error that arrived instead; `CancellationError` as soon as the waiting task is
  ///   cancelled. The future goes on while other code waits for it or holds it; otherwise its
  ///   operation is cancelled.
  @inlinable
  public nonisolated(nonsending) func getResult() async throws -> Value {
    if !done() { try await suspendUnlessCancelled() }
    return try arrivedValue()
  }

  /// The value, when it has arrived; blocks the thread for at most `limit`.
  ///
  /// - Throws: the error that arrived instead; ``TimeoutError`` after `limit`.
  public func getResult(within limit: Duration) throws -> Value {
    guard wait(for: limit) else { throw TimeoutError(limit: limit, waitingFor: self) }
    return try arrivedValue()
  }

  /// The value, when it has arrived; suspends the task for at most `limit`.
  ///
  /// - Throws: the error that arrived instead; ``TimeoutError`` after `limit`; `CancellationError`
  ///   as soon as the waiting task is cancelled.
  public nonisolated(nonsending) func getResult(within limit: Duration) async throws -> Value {
    guard await wait(for: limit) else {
      try Task.checkCancellation()
      throw TimeoutError(limit: limit, waitingFor: self)
    }
    return try arrivedValue()
  }

  /// The value, when it has arrived: `try await future.value`, as on `Task`.
  public nonisolated(nonsending) var value: Value {
    get async throws { try await getResult() }
  }

  /// The value or the error, when it has arrived: `await future.result`, as on `Task`.
  ///
  /// It goes on waiting if the task is cancelled.
  public nonisolated(nonsending) var result: Result<Value, any Error> {
    get async {
      await wait()
      return arrived
    }
  }
}
