// SPDX-License-Identifier: Apache-2.0
/// Completes a ``Future``, for results that come from callbacks, threads or sockets.
///
/// ```swift
/// func nextReply(of socket: Socket) -> Future<Int> {
///   let promise = Promise<Int>()
///   socket.onReply { promise.succeed($0) }
///   return promise.future
/// }
/// ```
///
/// The first completion wins; each method returns whether it was the first. It may come from any
/// thread, and wakes all waiters. A promise that is dropped before it was completed fails its
/// future with ``BrokenPromise``, so that nothing waits for ever.
// `@unchecked Sendable`: `storage` is a variable only so that its last reference can be told.
public final class Promise<Value: Sendable>: @unchecked Sendable {
  @usableFromInline @exclusivity(unchecked) final var storage: Future<Value>

  /// The future this promise completes. If it is dropped together with the promise, nothing fails
  /// and nothing is reported.
  @inlinable
  public var future: Future<Value> { storage }

  /// A promise and its pending future.
  @inlinable
  public init(
    _ name: String? = nil,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) {
    storage = Future(
      pending: name, site: SourceSite(function: function, file: file, line: line))
  }

  init(_ name: String, _ site: SourceSite, _ source: PromiseSource) {
    storage = Future(pending: name, site: site, source: source)
  }

  @inlinable
  deinit {
    if !storage.done() { breakPromise() }
  }

  @usableFromInline
  @inline(never)
  final func breakPromise() {
    // Dropped together with its future: no code can see the error.
    if isKnownUniquelyReferenced(&storage), !storage.hasWaiters { return }
    _ = storage.fail(
      with: BrokenPromise(name: storage.name, creationSite: storage.creationSite))
  }

  /// Gives the future its value; `false` if it was done already.
  @inlinable
  @discardableResult
  public func succeed(_ value: Value) -> Bool { future.succeed(value) }

  /// Fails the future; `false` if it was done already. The traceback names the line of this call.
  @inlinable
  @discardableResult
  public func fail(
    _ error: any Error,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) -> Bool {
    future.fail(with: error, at: SourceSite(function: function, file: file, line: line))
  }

  /// Gives the future the value or the error of a result; `false` if it was done already.
  @inlinable
  @discardableResult
  public func complete(
    _ result: Result<Value, any Error>,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) -> Bool {
    future.complete(result, at: SourceSite(function: function, file: file, line: line))
  }
}

extension Promise where Value == Void {
  /// Gives the future its empty value; `false` if it was done already.
  @inlinable
  @discardableResult
  public func succeed() -> Bool { succeed(()) }
}
