internal import Synchronization

extension Future {
  /// A future of what `transform` makes of this one's value; an error passes through.
  ///
  /// `transform` runs where callbacks run, see ``onCompletion(_:)``; what it throws fails the new
  /// future. A thread that blocks for the new future does for this one what it would do by blocking
  /// for it directly. Cancelling the new future abandons this one: it goes on as long as somebody
  /// else waits for it or holds it, and is cancelled otherwise.
  public func map<New: Sendable>(
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line,
    _ transform: @escaping @Sendable (Value) throws -> New
  ) -> Future<New> {
    derive(SourceSite(function: function, file: file, line: line)) { part, derived, _ in
      if let failure = part.failure {
        derived.fail(carrying: failure)
      } else {
        derived.complete(Result { try transform(part.arrivedValue()) })
      }
    }
  }

  /// A future of what the future that `transform` gives arrives at; an error passes through.
  ///
  /// As ``map(function:file:line:_:)``, for a next step that is asynchronous itself.
  public func flatMap<New: Sendable>(
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line,
    _ transform: @escaping @Sendable (Value) throws -> Future<New>
  ) -> Future<New> {
    derive(SourceSite(function: function, file: file, line: line)) { part, derived, source in
      if let failure = part.failure {
        derived.fail(carrying: failure)
        return
      }
      do {
        source.follow(try transform(part.arrivedValue())) { [unowned source] next in
          guard let derived = source.future else { return }
          unsafeDowncast(derived, to: Future<New>.self).complete(
            asArrivedAt: unsafeDowncast(next, to: Future<New>.self))
        }
        DeadlockCheck.needsChanged(of: derived)
      } catch {
        _ = derived.fail(with: error)
      }
    }
  }

  /// A future of this one's value, or of what `transform` makes of its error.
  ///
  /// As ``map(function:file:line:_:)`` in all else.
  public func recover(
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line,
    _ transform: @escaping @Sendable (any Error) throws -> Value
  ) -> Future<Value> {
    derive(SourceSite(function: function, file: file, line: line)) { part, derived, _ in
      derived.complete(part.arrived.flatMapError { error in Result { try transform(error) } })
    }
  }

  /// A future of what this one arrives at if that is within `limit`; after that it fails with
  /// ``TimeoutError``, and this one goes on.
  ///
  /// The time is that of the executor, so a manual clock governs it in tests. The timer is taken back
  /// as soon as the new future is done. Cancelling the new future abandons this one, as with
  /// ``map(function:file:line:_:)``.
  ///
  /// - Parameters:
  ///   - limit: zero or less than that means at once, if this one is not done.
  ///   - executor: by default where the calling tasklet runs, or else ``TaskletExecutor/shared``.
  ///     When it is shut down, the new future fails with ``ExecutorShutDown``.
  ///   - function: the function that calls this; left out.
  ///   - file: its file; left out.
  ///   - line: its line; left out.
  public func timeout(
    after limit: Duration, on executor: TaskletExecutor? = nil,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) -> Future<Value> {
    let source = TimeoutSource(executor ?? .current)
    let site = SourceSite(function: function, file: file, line: line)
    let timed: Future<Value> = derive(site, source) { part, timed, _ in
      timed.complete(asArrivedAt: part)
    }
    source.start(timed, limit, of: self)
    return timed
  }

  private func derive<New: Sendable>(
    _ site: SourceSite, _ source: DerivedSource = DerivedSource(),
    _ body: @escaping @Sendable (Future<Value>, Future<New>, DerivedSource) -> Void
  ) -> Future<New> {
    let derived = Future<New>(pending: name, site: site, source: source)
    source.own(derived)
    // The source alone holds the derived future, and may hold it loosely.
    source.follow(self) { [unowned source] part in
      guard let derived = source.future else { return }
      body(
        unsafeDowncast(part, to: Future<Value>.self),
        unsafeDowncast(derived, to: Future<New>.self), source)
    }
    return derived
  }

  /// Only for a `part` that is done.
  func complete(asArrivedAt part: Future<Value>) {
    if let failure = part.failure {
      fail(carrying: failure)
    } else {
      succeed(part.storedValue)
    }
  }
}
