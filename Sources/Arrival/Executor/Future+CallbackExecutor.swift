// SPDX-License-Identifier: Apache-2.0
extension Future {
  /// Calls `body` once with the result on an executor, when it has arrived.
  ///
  /// ```swift
  /// photo.onCompletion(on: images) { result in show(try? result.get()) }
  /// ```
  ///
  /// The callback is a job of its own. So unlike one of ``onCompletion(_:)`` it may take long, and
  /// may run beside other callbacks. On an executor with one thread, callbacks run in the order of
  /// registration.
  public func onCompletion(
    on executor: any TaskExecutor, _ body: @escaping @Sendable (Result<Value, any Error>) -> Void
  ) {
    onCompletion { result in
      _ = Task(executorPreference: executor) { body(result) }
    }
  }
}
