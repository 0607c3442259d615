// SPDX-License-Identifier: Apache-2.0
extension Future {
  /// The futures in the order in which they are done, as an `AsyncSequence`. O(n).
  ///
  /// ```swift
  /// for try await page in Future.asCompleted(pages) {
  ///   show(try await page.getResult())
  /// }
  /// ```
  ///
  /// Futures that are done already come first, in the order given. See ``AsCompleted``.
  public static func asCompleted(
    _ futures: some Sequence<Future<Value>>
  ) -> AsCompleted<Future<Value>> {
    let futures = Array(futures)
    return AsCompleted(futures, futures)
  }
}

extension Future where Value == Never {
  /// The futures in the order in which they are done, for futures of any types.
  // Disfavoured, or an array literal of futures of one type would be taken for this.
  @_disfavoredOverload
  public static func asCompleted(_ futures: [any AnyFuture]) -> AsCompleted<any AnyFuture> {
    AsCompleted(futures, futures)
  }
}

/// Futures in the order in which they are done, as `Future.asCompleted` returns them.
///
/// Each element is a future that is done. A future that failed comes like any other and does not
/// end the sequence. The order is recorded from the call of `asCompleted` on, even if no loop runs.
/// The sequence is a queue, so it can be iterated once. Several loops, in several tasks, share it:
/// each future goes to one of them, first come, first served.
///
/// A loop whose task is cancelled ends with `CancellationError` when it would have to wait. When
/// the sequence and its iterators are gone, after a `break` for instance, nothing stays registered
/// with the futures. They go on; after a cancellation, the futures that nothing else waits for or
/// holds are cancelled. The sequence keeps one entry for each future, however slow the loop is.
public struct AsCompleted<Element: Sendable>: AsyncSequence, Sendable {
  private let elements: [Element]
  private let handle: Handle

  /// Removes the registrations with the futures when the sequence and its iterators are gone.
  fileprivate final class Handle: Sendable {
    let queue: CompletionQueue

    init(_ queue: CompletionQueue) { self.queue = queue }
    deinit { queue.close() }
  }

  fileprivate init(_ elements: [Element], _ futures: [FutureCore]) {
    self.elements = elements
    handle = Handle(CompletionQueue(futures))
    handle.queue.register()
  }

  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(elements: elements, handle: handle)
  }

  /// Takes the next future off the queue.
  public struct AsyncIterator: AsyncIteratorProtocol, Sendable {
    fileprivate let elements: [Element]
    fileprivate let handle: Handle

    /// The next future that is done; `nil` when all have been given.
    /// - Throws: `CancellationError` if none is done and the task is cancelled.
    public nonisolated(nonsending) func next() async throws(CancellationError) -> Element? {
      try await handle.queue.next().map { elements[$0] }
    }

    public func next(
      isolation actor: isolated (any Actor)?
    ) async throws(CancellationError) -> Element? {
      try await handle.queue.next().map { elements[$0] }
    }
  }
}
