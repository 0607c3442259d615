/// The result of an asynchronous operation that may not have arrived yet.
///
/// A future has no data when it is made. The operation's end gives it a value or an error, once;
/// from then on it never changes.
///
/// ```swift
/// let user = Future("user 7") { try await api.user(7) }    // starts at once, in the background
/// let name = try await user.getResult().name                // suspends until it has arrived
/// ```
///
/// Every method that waits comes in two overloads of one name. In synchronous code it blocks the
/// thread; in asynchronous code the compiler picks the `async` one, which suspends. So nobody
/// blocks by accident.
///
/// | member | waits | returns |
/// | --- | --- | --- |
/// | `done()` | never | whether a value or an error has arrived |
/// | `wait()` | yes | nothing, whatever arrived |
/// | `checkSuccess()` | yes | nothing; throws the error that arrived |
/// | `getResult()` | yes | the value; throws the error that arrived |
/// | `getException()` | yes | the error, not thrown |
/// | `getTraceback()` | yes | where the error came from |
/// | `Future.waitAll(_:)` | until all are done | nothing |
/// | `Future.waitAny(_:)` | until one is done | that one |
///
/// A future may be shared between any number of threads and tasks, and waited for from all of
/// them. It is completed by a tasklet (`Future { … }`), a ``Promise``, or a
/// ``Batcher``. A result that is itself a future, `nil` or `Void` is kept as it is.
public final class Future<Value: Sendable>: FutureCore, AnyFuture, @unchecked Sendable {
  /// A pending future; a promise, a tasklet or a batch completes it.
  @inlinable
  init(pending name: String?, site: SourceSite, source: FutureSource? = nil) {
    super.init(name: name, site: site, source: source)
  }

  @inlinable
  init(name: String?, site: SourceSite, value: Value) {
    super.init(name: name, site: site, isDone: true)
    slot.initialize(to: value)
  }

  init(name: String?, site: SourceSite, error: any Error) {
    super.init(name: name, site: site, isDone: true)
    failure = Failure(error, site: nil, future: self)
  }

  @inlinable
  deinit {
    if done(), failure == nil { slot.deinitialize(Value.self) }
  }

  // MARK: Futures that are done from the start

  /// A future that already has its value.
  // Disfavoured, or `Future { 1 }` would be taken for a future that has a closure as its value.
  @_disfavoredOverload
  @inlinable
  public convenience init(
    value: Value, name: String? = nil,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) {
    self.init(
      name: name, site: SourceSite(function: function, file: file, line: line), value: value)
  }

  /// A future that already has failed.
  public convenience init(
    error: any Error, name: String? = nil,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) {
    self.init(
      name: name, site: SourceSite(function: function, file: file, line: line), error: error)
  }

  /// A future that already has what the result says.
  public convenience init(
    result: Result<Value, any Error>, name: String? = nil,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) {
    switch result {
    case .success(let value):
      self.init(value: value, name: name, function: function, file: file, line: line)
    case .failure(let error):
      self.init(error: error, name: name, function: function, file: file, line: line)
    }
  }

  // MARK: The result

  /// The value, when it has arrived; blocks the thread until then.
  ///
  /// - Throws: the error that arrived instead; ``OutOfThreads`` if no thread is left to block.
  @inlinable
  public func getResult() throws -> Value {
    if !done() { try block(for: nil) }
    return try arrivedValue()
  }

  /// The value, when it has arrived; suspends the task until then.
  ///
  /// - Throws: the error that arrived instead; `CancellationError` as soon as the waiting task is
  ///   cancelled. The future itself goes on.
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

  /// What arrived, not thrown: `await future.result`, as on `Task`. Waits on when cancelled.
  public nonisolated(nonsending) var result: Result<Value, any Error> {
    get async {
      await wait()
      return arrived
    }
  }

  /// Calls `body` once with what arrived.
  ///
  /// Callbacks run in the order of registration on the thread that completes the future, or on
  /// this one if it is done already. Keep them short. One that completes another future, waits or
  /// registers more callbacks stops none of the others.
  @inlinable
  public func onCompletion(_ body: @escaping @Sendable (Result<Value, any Error>) -> Void) {
    addCallback(
      CallbackWaiter { core in body(unsafeDowncast(core, to: Future<Value>.self).arrived) })
  }

  // MARK: Completing

  /// The value. Only for a future that is done and did not fail.
  @inlinable
  var storedValue: Value { slot.pointer(to: Value.self).pointee }

  /// What arrived. Only for a done future.
  @inlinable
  var arrived: Result<Value, any Error> {
    if let failure { return .failure(failure.look()) }
    return .success(storedValue)
  }

  @inlinable
  func arrivedValue() throws -> Value {
    if let failure { throw failure.raise() }
    return storedValue
  }

  /// Gives the future its value; `false` if it was done.
  @inlinable
  @discardableResult
  func succeed(_ value: Value) -> Bool { complete { slot.initialize(to: value) } }

  @inlinable
  @discardableResult
  func complete(_ result: Result<Value, any Error>, at site: SourceSite? = nil) -> Bool {
    switch result {
    case .success(let value): succeed(value)
    case .failure(let error): fail(with: error, at: site)
    }
  }

  @usableFromInline
  override func describeState() -> String {
    guard done() else { return pendingState }
    // Not `arrived`: a description is no look at the error.
    if let error = failure?.error { return "exception \(type(of: error)): \(error)" }
    return "result \(storedValue)"
  }
}

extension FutureCore: CustomStringConvertible {
  /// Name, creation site and state, for people.
  public final var description: String {
    "\(type(of: self))\(nameText(name)) created in \(creationSite), \(describeState())"
  }
}

/// A future of any value type: `[any AnyFuture]` may hold futures of different values.
///
/// Only ``Future`` conforms. All that does not need the value's type can be asked of it.
public protocol AnyFuture: FutureCore {}
