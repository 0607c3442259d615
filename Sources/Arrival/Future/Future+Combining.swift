internal import Synchronization

extension Future {
  /// A future of what `transform` makes of this one's value; an error passes through.
  ///
  /// `transform` runs where callbacks run, see ``onCompletion(_:)``; what it throws fails the new
  /// future. A thread that blocks for the new future does for this one what it would do by blocking
  /// for it directly. Cancelling the new future leaves this one alone.
  public func map<New: Sendable>(
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line,
    _ transform: @escaping @Sendable (Value) throws -> New
  ) -> Future<New> {
    derive(SourceSite(function: function, file: file, line: line)) { result, derived, _ in
      derived.complete(result.flatMap { value in Result { try transform(value) } })
    }
  }

  /// A future of what the future that `transform` gives arrives at; an error passes through.
  ///
  /// As ``map(function:file:line:_:)``, for a next step that is asynchronous itself.
  public func flatMap<New: Sendable>(
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line,
    _ transform: @escaping @Sendable (Value) throws -> Future<New>
  ) -> Future<New> {
    derive(SourceSite(function: function, file: file, line: line)) { result, derived, source in
      do {
        let next = try transform(try result.get())
        source.follow(next)
        next.onCompletion { derived.complete($0) }
        DeadlockCheck.needsChanged(of: derived)
      } catch {
        _ = derived.fail(with: error)
      }
    }
  }

  /// A future of this one's value, or of what `transform` makes of its error.
  public func recover(
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line,
    _ transform: @escaping @Sendable (any Error) throws -> Value
  ) -> Future<Value> {
    derive(SourceSite(function: function, file: file, line: line)) { result, derived, _ in
      derived.complete(result.flatMapError { error in Result { try transform(error) } })
    }
  }

  private func derive<New: Sendable>(
    _ site: SourceSite,
    _ body: @escaping @Sendable (Result<Value, any Error>, Future<New>, DerivedSource) -> Void
  ) -> Future<New> {
    let source = DerivedSource(self)
    let derived = Future<New>(pending: name, site: site, source: source)
    onCompletion { body($0, derived, source) }
    return derived
  }
}

/// The source of a future that another one's end completes.
// `@unchecked Sendable`: as its base class; what changes is behind a lock.
private final class DerivedSource: FutureSource, @unchecked Sendable {
  private let upstream: Lock<FutureCore>

  init(_ upstream: FutureCore) { self.upstream = Lock(upstream) }

  /// From now on it is `next` that will complete the future.
  func follow(_ next: FutureCore) { upstream.withLock { $0 = next } }

  override func advance(mayRun: Bool) {
    upstream.withLock { $0 }.source?.advance(mayRun: mayRun)
  }

  override func dependencies() -> Dependencies { .allOf([upstream.withLock { $0 }]) }
}

extension Future where Value == Never {
  /// A future of all values, in the order of `futures`. It fails at once with the first error to
  /// arrive, and then leaves nothing registered with the others, which go on. O(n).
  ///
  /// Of no futures it is done from the start.
  public static func all<V>(
    _ futures: some Sequence<Future<V>>,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) -> Future<[V]> {
    let source = AllSource(Array(futures))
    let all = Future<[V]>(
      pending: nil, site: SourceSite(function: function, file: file, line: line), source: source)
    source.register(for: all)
    return all
  }
}

/// The source of the future that ``Future/all(_:function:file:line:)`` gives.
// `@unchecked Sendable`: as its base class; what changes is atomic or behind a lock.
private final class AllSource<V: Sendable>: FutureSource, @unchecked Sendable {
  private let futures: [Future<V>]
  /// Those that have not arrived, and one for the registration itself.
  private let missing: Atomic<Int>
  /// Each node holds this source; they are let go when the future of all is done.
  private let nodes = Lock<[Node]>([])

  init(_ futures: [Future<V>]) {
    self.futures = futures
    missing = Atomic(futures.count + 1)
  }

  // A callback, not a waiter: it completes a future, whose callbacks may do anything.
  // `@unchecked Sendable`: as its base class; it adds nothing that changes.
  private final class Node: Waiter, @unchecked Sendable {
    let source: AllSource
    let all: Future<[V]>

    init(_ source: AllSource, _ all: Future<[V]>) {
      self.source = source
      self.all = all
    }

    override func fire(_ future: FutureCore) { source.arrived(future, all) }
  }

  func register(for all: Future<[V]>) {
    let nodes = futures.map { _ in Node(self, all) }
    self.nodes.withLock { $0 = nodes }
    for (future, node) in zip(futures, nodes) {
      if all.done() { break }
      future.addCallback(node)
    }
    // An error may have come while some nodes were not registered yet.
    if all.done() { unregister(nodes) } else { countDown(all) }
  }

  private func arrived(_ future: FutureCore, _ all: Future<[V]>) {
    if let failure = future.failure {
      _ = all.fail(with: Failure(failure.look(), site: nil, future: all, upstream: failure.trace))
    } else {
      countDown(all)
    }
  }

  private func countDown(_ all: Future<[V]>) {
    if missing.subtract(1, ordering: .acquiringAndReleasing).newValue > 0 { return }
    // Every future has a value, or one of them would have failed this one.
    all.succeed(futures.map(\.storedValue))
  }

  private func unregister(_ nodes: [Node]) {
    for (future, node) in zip(futures, nodes) { future.removeCallback(node) }
  }

  override func futureDidComplete(_ future: FutureCore) {
    var nodes: [Node] = []
    self.nodes.withLock { swap(&$0, &nodes) }
    if future.failure != nil { unregister(nodes) }
  }

  override func dependencies() -> Dependencies {
    var pending: [FutureCore] = []
    for future in futures {
      if !future.done() {
        pending.append(future)
      } else if future.failure != nil {
        return .external
      }
    }
    return .allOf(pending)
  }

  override func advance(mayRun: Bool) {
    for future in futures where !future.done() { future.source?.advance(mayRun: mayRun) }
  }
}
