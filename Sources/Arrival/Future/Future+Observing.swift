// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

extension Future {
  /// The value or the error, if one has arrived; `nil` while the future is pending. Never waits and
  /// runs no work.
  ///
  /// ```swift
  /// switch user.outcome {
  /// case nil: showSpinner()
  /// case .success(let user): show(user)
  /// case .failure(let error): show(error)
  /// }
  /// ```
  ///
  /// Receiving an error counts as having looked at it. Inside asynchronous code, ``result`` waits
  /// for the outcome.
  public var outcome: Result<Value, any Error>? { done() ? arrived : nil }

  /// A future with the result of this one, which is done after `body` has been called with it.
  ///
  /// ```swift
  /// let reply = request(on: connection).always { _ in pool.giveBack(connection) }
  /// ```
  ///
  /// `body` is called once, where callbacks run, see ``onCompletion(_:)``. If the new future is
  /// cancelled first, `body` is called with `CancellationError` then. Cancelling the new future
  /// abandons this one, as with ``map(function:file:line:_:)``.
  public func always(
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line,
    _ body: @escaping @Sendable (Result<Value, any Error>) -> Void
  ) -> Future<Value> {
    always(at: SourceSite(function: function, file: file, line: line), body)
  }

  /// As the public method, for the modules of this package, which make a site once.
  package func always(
    at site: SourceSite, _ body: @escaping @Sendable (Result<Value, any Error>) -> Void
  ) -> Future<Value> {
    derive(site, AlwaysSource(body)) { upstream, derived, source in
      unsafeDowncast(source, to: AlwaysSource<Value>.self).call(upstream.arrived)
      derived.complete(asArrivedAt: upstream)
    }
  }

  /// Completes a promise with the result of this future, when it has arrived.
  ///
  /// If the promise is completed earlier, the result is dropped. The traceback of an error goes
  /// with it. Cancelling the promise's future abandons this one, as with
  /// ``map(function:file:line:_:)``. This future holds the promise until then.
  public func cascade(to promise: Promise<Value>) {
    let link = Cascade(promise)
    addCallback(link)
    promise.onCancel { [self] in
      removeCallback(link)
      waiterLeft(byCancellation: true)
    }
  }
}

/// Calls a function once: when its future is about to be done, or has ended in another way.
// `@unchecked Sendable`: as its base class; what changes is behind a lock.
private final class AlwaysSource<Value: Sendable>: DerivedSource, @unchecked Sendable {
  private struct Body: Sendable {
    var call: @Sendable (Result<Value, any Error>) -> Void
  }

  private let body: Lock<Body?>
  private let context = CallbackContext.capture()

  init(_ body: @escaping @Sendable (Result<Value, any Error>) -> Void) {
    self.body = Lock(Body(call: body))
  }

  func call(_ result: Result<Value, any Error>) {
    guard let body = body.withLock({ $0.take() }) else { return }
    // Not among the callbacks if the future was cancelled.
    CallbackContext.withNone {
      CallbackContext.run(in: context) { body.call(result) }
    }
  }

  override func futureDidComplete(_ future: FutureCore) {
    super.futureDidComplete(future)
    call(.failure(future.failure?.error ?? CancellationError()))
  }

  override func futureWasDropped() {
    super.futureWasDropped()
    call(.failure(CancellationError()))
  }
}

/// Completes a promise with the result of the future that it is registered with.
// `@unchecked Sendable`: as its base class; it adds nothing that changes.
private final class Cascade<Value: Sendable>: Waiter, @unchecked Sendable {
  private let promise: Promise<Value>

  init(_ promise: Promise<Value>) { self.promise = promise }

  override func fire(_ future: FutureCore) {
    promise.future.complete(asArrivedAt: Future<Value>.of(future))
  }
}
