// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

extension Future {
  /// A future with the value that `transform` makes of this one's value. An error passes through.
  ///
  /// `transform` runs where callbacks run, see ``onCompletion(_:)``. An error that it throws fails
  /// the new future. A thread that blocks for the new future helps this one as if it blocked for it
  /// directly. Cancelling the new future abandons this one: it goes on as long as something else
  /// waits for it or holds it, and is cancelled otherwise.
  public func map<New: Sendable>(
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line,
    _ transform: @escaping @Sendable (Value) throws -> New
  ) -> Future<New> {
    map(at: SourceSite(function: function, file: file, line: line), transform)
  }

  /// As the public method, for the modules of this package, which make a site once.
  package func map<New: Sendable>(
    at site: SourceSite, _ transform: @escaping @Sendable (Value) throws -> New
  ) -> Future<New> {
    let context = CallbackContext.capture()
    return derive(site) { upstream, derived, _ in
      if let failure = upstream.failure {
        derived.fail(carrying: failure)
      } else {
        // Not `Result { … }`: its metadata would be looked up.
        do {
          derived.succeed(
            try CallbackContext.run(in: context) { try transform(upstream.storedValue) })
        } catch {
          _ = derived.fail(with: error)
        }
      }
    }
  }

  /// A future with the result of the future that `transform` returns. An error passes through.
  ///
  /// Like ``map(function:file:line:_:)``, for a next step that is asynchronous itself.
  public func flatMap<New: Sendable>(
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line,
    _ transform: @escaping @Sendable (Value) throws -> Future<New>
  ) -> Future<New> {
    let context = CallbackContext.capture()
    let site = SourceSite(function: function, file: file, line: line)
    return derive(site) { upstream, derived, source in
      if let failure = upstream.failure {
        derived.fail(carrying: failure)
        return
      }
      Self.follow(source, derived, in: context) { try transform(upstream.arrivedValue()) }
    }
  }

  /// A future with this one's value, or with the value that `transform` makes of its error.
  ///
  /// Otherwise like ``map(function:file:line:_:)``.
  public func recover(
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line,
    _ transform: @escaping @Sendable (any Error) throws -> Value
  ) -> Future<Value> {
    let context = CallbackContext.capture()
    return derive(SourceSite(function: function, file: file, line: line)) { upstream, derived, _ in
      derived.complete(
        upstream.arrived.flatMapError { error in
          Result { try CallbackContext.run(in: context) { try transform(error) } }
        })
    }
  }

  /// A future with this one's value, or with the result of the future that `transform` returns for
  /// its error.
  ///
  /// ```swift
  /// let user = cache.load(7).recover { _ in database.load(7) }
  /// ```
  ///
  /// Otherwise like ``flatMap(function:file:line:_:)``.
  // Disfavoured, or a closure that only throws would be ambiguous.
  @_disfavoredOverload
  public func recover(
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line,
    _ transform: @escaping @Sendable (any Error) throws -> Future<Value>
  ) -> Future<Value> {
    let context = CallbackContext.capture()
    let site = SourceSite(function: function, file: file, line: line)
    return derive(site) { upstream, derived, source in
      guard let failure = upstream.failure else {
        derived.succeed(upstream.storedValue)
        return
      }
      Self.follow(source, derived, in: context) { try transform(failure.look()) }
    }
  }

  /// Lets the next future complete the derived one.
  private static func follow<New: Sendable>(
    _ source: DerivedSource, _ derived: Future<New>, in context: CallbackContext?,
    _ next: () throws -> Future<New>
  ) {
    do {
      source.follow(try CallbackContext.run(in: context, next)) { source, next in
        guard let derived = source.future else { return }
        Future<New>.of(derived).complete(asArrivedAt: .of(next))
      }
      DeadlockCheck.failIfDeadlocked(derived)
    } catch {
      _ = derived.fail(with: error)
    }
  }

  // Inlined, so that its closure and the caller's are one.
  @inline(__always)
  func derive<New: Sendable>(
    _ site: SourceSite, _ source: DerivedSource = DerivedSource(),
    _ body: @escaping @Sendable (Future<Value>, Future<New>, DerivedSource) -> Void
  ) -> Future<New> {
    let derived = Future<New>(pending: nil, site: site, source: source)
    source.own(derived)
    // The source alone holds the derived future, and may hold it loosely.
    source.follow(self) { source, upstream in
      guard let derived = source.future else { return }
      body(.of(upstream), .of(derived), source)
    }
    return derived
  }

  /// Completes the future with the result of another one, which is done.
  func complete(asArrivedAt other: Future<Value>) {
    if let failure = other.failure {
      fail(carrying: failure)
    } else {
      succeed(other.storedValue)
    }
  }
}
