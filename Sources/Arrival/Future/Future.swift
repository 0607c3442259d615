// SPDX-License-Identifier: Apache-2.0
/// The result of an asynchronous operation that may not have arrived yet.
///
/// A future is pending when it is created. The operation's end gives it a value or an error, once.
/// From then on it never changes.
///
/// ```swift
/// let user = Future("user 7") { try await api.user(7) }    // starts at once, in the background
/// let name = try await user.getResult().name                // suspends until it has arrived
/// ```
///
/// Every method that waits has two overloads of one name. In synchronous code it blocks the thread.
/// In asynchronous code the compiler picks the `async` one, which suspends the task. A synchronous
/// function that an async one calls blocks all the same, and so does top-level code in
/// `main.swift`: see <doc:Waiting>.
///
/// | member | waits | returns |
/// | --- | --- | --- |
/// | `done()` | never | whether a value or an error has arrived |
/// | `wait()` | yes | nothing, whatever arrived |
/// | `checkSuccess()` | yes | nothing; throws the error that arrived |
/// | `getResult()` | yes | the value; throws the error that arrived |
/// | `value` | suspends | as `getResult()` |
/// | `result` | suspends | the value or the error, as a `Result` |
/// | `getException()` | yes | the error, not thrown; `nil` if a value arrived |
/// | `getTraceback()` | yes | where the error came from |
/// | `Future.waitAll(_:)` | until all are done | nothing |
/// | `Future.waitAny(_:)` | until one is done | that one; `nil` if there are no futures |
///
/// A future may be shared between any number of threads and tasks, and all of them may wait for it.
/// It is completed by a tasklet (`Future { … }`), a ``Promise``, or a ``Batcher``. Futures are not
/// flattened: `Future<Future<Int>>` stays one. `nil` and `Void` are ordinary values.
public final class Future<Value: Sendable>: FutureCore, AnyFuture, @unchecked Sendable {
  /// A pending future, which a promise, a tasklet or a batch completes.
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

  // MARK: Futures that are done when they are created

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

  /// A future that has already failed.
  public convenience init(
    error: any Error, name: String? = nil,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) {
    self.init(
      name: name, site: SourceSite(function: function, file: file, line: line), error: error)
  }

  /// A future that already has the value or the error of a result.
  public convenience init(
    result: Result<Value, any Error>, name: String? = nil,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) {
    let site = SourceSite(function: function, file: file, line: line)
    switch result {
    case .success(let value): self.init(name: name, site: site, value: value)
    case .failure(let error): self.init(name: name, site: site, error: error)
    }
  }

  // MARK: Callbacks

  /// Calls `body` once with the result, when it has arrived.
  ///
  /// Callbacks run in the order of registration, on the thread that completes the future, or on the
  /// calling thread if it is done already. Keep them short. A callback that completes another
  /// future, waits or registers more callbacks does not hold up the others.
  ///
  /// A callback has the task-local values of the code that registered it, and so have tasklets and
  /// tasks that it starts.
  @inlinable
  public func onCompletion(_ body: @escaping @Sendable (Result<Value, any Error>) -> Void) {
    addCallback(
      CallbackWaiter(in: CallbackContext.capture()) { core in
        body(unsafeDowncast(core, to: Future<Value>.self).arrived)
      })
  }

  // MARK: Completing

  /// A future that is known to be of this type.
  // `unsafeDowncast` looks up the type's metadata in generic code, for 300 instructions.
  @inline(__always)
  static func of(_ core: FutureCore) -> Future {
    Unmanaged.fromOpaque(Unmanaged.passUnretained(core).toOpaque()).takeUnretainedValue()
  }

  /// The value. Only for a future that is done and did not fail.
  @inlinable
  var storedValue: Value { slot.pointer(to: Value.self).pointee }

  /// The result. Only for a done future.
  @inlinable
  var arrived: Result<Value, any Error> {
    if let failure { return .failure(failure.look()) }
    return .success(storedValue)
  }

  /// The value; throws the error. Only for a done future.
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

  override func makeSibling(at site: SourceSite, source: FutureSource) -> FutureCore {
    Future(pending: name, site: site, source: source)
  }

  override func complete(asDone other: FutureCore) -> Bool {
    guard let failure = other.failure else {
      return succeed(Future.of(other).storedValue)
    }
    // The same object, so that the error is reported once, however many futures it ends.
    let isFirst = complete { self.failure = failure }
    if isFirst, state.withLock({ $0.ignoresErrors }) { failure.ignore() }
    return isFirst
  }

  @usableFromInline
  override func describeState() -> String {
    guard done() else { return pendingState }
    // Not `arrived`: a description does not count as having looked at the error.
    if let error = failure?.error { return "exception \(type(of: error)): \(error)" }
    return "result \(storedValue)"
  }
}

extension FutureCore: CustomStringConvertible {
  /// The name, where it was created, and its state.
  public final var description: String {
    "\(type(of: self))\(nameText(name)) created in \(creationSite), \(describeState())"
  }
}

/// A future of any value type: an array of type `[any AnyFuture]` may hold futures of different
/// types.
///
/// Only ``Future`` conforms. It has all members that do not need the type of the value.
public protocol AnyFuture: FutureCore {}
