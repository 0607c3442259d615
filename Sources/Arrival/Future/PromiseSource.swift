// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// The source of a promise's future, if the promise wants to know of a cancellation or dumps are to
/// say more of it.
// `@unchecked Sendable`: as its base class; what changes is behind a lock.
final class PromiseSource: FutureSource, @unchecked Sendable {
  private struct State: Sendable {
    var handlers: [@Sendable () -> Void] = []
    var isCancelled = false
  }

  private let state = Lock(State())
  private let ownKind: String
  private let ownText: (@Sendable () -> String?)?

  init(_ kind: String = "promise", _ pendingText: (@Sendable () -> String?)? = nil) {
    ownKind = kind
    ownText = pendingText
  }

  /// Calls the handler when the future is cancelled; now if it was.
  func add(_ handler: @escaping @Sendable () -> Void) {
    let isCancelled = state.withLock { state in
      if !state.isCancelled { state.handlers.append(handler) }
      return state.isCancelled
    }
    if isCancelled { handler() }
  }

  private func callHandlers() {
    var handlers: [@Sendable () -> Void] = []
    state.withLock { state in
      state.isCancelled = true
      swap(&handlers, &state.handlers)
    }
    for handler in handlers { handler() }
  }

  override func cancel(_ future: FutureCore) {
    super.cancel(future)
    callHandlers()
  }

  override func lastWaiterLeft(_ future: FutureCore, byCancellation: Bool) {
    if byCancellation { callHandlers() }
  }

  override var kind: String { ownKind }
  override var pendingText: String? { ownText?() }
}

extension Promise {
  /// A promise of this package.
  ///
  /// - Parameters:
  ///   - kind: what kind of future it completes, for dumps and deadlock reports.
  ///   - site: where it is made.
  ///   - pendingText: what it waits for, for dumps. May be called at any time from any thread.
  package convenience init(
    _ name: String, kind: String, at site: SourceSite,
    pendingText: @escaping @Sendable () -> String? = { nil }
  ) {
    self.init(name, site, PromiseSource(kind, pendingText))
  }
}

extension Promise {
  /// Calls `body` when nobody wants the result any more, so that the work behind the promise can
  /// end early.
  ///
  /// ```swift
  /// func send(_ request: Request, on connection: Connection) -> Future<Reply> {
  ///   let promise = Promise<Reply>("reply")
  ///   let call = connection.send(request) { promise.complete($0) }
  ///   promise.onCancel { call.abort() }
  ///   return promise.future
  /// }
  /// ```
  ///
  /// It is called once: when the future is cancelled, which has failed with `CancellationError` by
  /// then, or when the last task that waits for the future is cancelled. In the second case the
  /// future is pending, and the promise should complete it soon, as other code may have it. `body`
  /// is not called if the future is done before. If the future was cancelled already, `body` is
  /// called at once.
  ///
  /// `body` runs on the thread that cancels. Keep it short.
  public func onCancel(_ body: @escaping @Sendable () -> Void) {
    let new = PromiseSource()
    let source = future.state.withLock { state -> PromiseSource? in
      if future.done() { return nil }
      if let link = state.link { return link as? PromiseSource }
      state.link = new
      return new
    }
    guard let source else {
      if future.isCancelled { body() }
      return
    }
    let context = CallbackContext.capture()
    source.add {
      CallbackContext.withNone { CallbackContext.run(in: context, body) }
    }
  }
}
