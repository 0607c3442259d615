extension Future where Value == Never {
  // MARK: All

  /// A future of all values, in the order of `futures`. It fails at once with the first error to
  /// arrive, and then leaves nothing registered with the others, which go on. O(n).
  ///
  /// Of no futures it is done from the start. Errors that arrive after the first are not reported.
  /// Cancelling it abandons the futures: each goes on as long as somebody else waits for it or holds
  /// it, and is cancelled otherwise.
  public static func all<V>(
    _ futures: some Sequence<Future<V>>,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) -> Future<[V]> {
    let futures = Array(futures)
    return Combination.future(
      of: futures, endingAt: .error,
      site: SourceSite(function: function, file: file, line: line)
    ) { all in
      // Every future has a value, or one of them would have failed this one.
      all.succeed(futures.map(\.storedValue))
    }
  }

  /// A future that is done when all are, whatever their values' types. It fails at once with the
  /// first error to arrive. As the overload for futures of one type in all else. O(n).
  // Disfavoured, or an array literal of futures of one type would be taken for this.
  @_disfavoredOverload
  public static func all(
    _ futures: [any AnyFuture],
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) -> Future<Void> {
    Combination.future(
      of: futures, endingAt: .error,
      site: SourceSite(function: function, file: file, line: line)
    ) { $0.succeed(()) }
  }

  /// A future of all values as a tuple: `let (user, orders) = try await Future.all(a, b).value`. It
  /// fails at once with the first error to arrive. As the overload for a sequence in all else.
  public static func all<each V: Sendable>(
    _ futures: repeat Future<each V>,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) -> Future<(repeat each V)> {
    var parts: [FutureCore] = []
    repeat parts.append(each futures)
    // The compiler (6.3) crashes if a closure captures the pack itself.
    let futures = (repeat each futures)
    return Combination<(repeat each V)>.future(
      of: parts, endingAt: .error,
      site: SourceSite(function: function, file: file, line: line)
    ) { all in
      all.complete(Result { try values(repeat each futures) })
    }
  }

  private static func values<each V: Sendable>(
    _ futures: repeat Future<each V>
  ) throws -> (repeat each V) {
    (repeat try (each futures).arrivedValue())
  }

  /// A future of what arrives at each, value or error, in the order of `futures`. It waits for all
  /// and never fails by itself. O(n).
  ///
  /// Of no futures it is done from the start. Cancelling it abandons the futures, as with `all`.
  public static func allSettled<V>(
    _ futures: some Sequence<Future<V>>,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) -> Future<[Result<V, any Error>]> {
    let futures = Array(futures)
    return Combination.future(
      of: futures, endingAt: .never,
      site: SourceSite(function: function, file: file, line: line)
    ) { $0.succeed(futures.map(\.arrived)) }
  }

  // MARK: One of them

  /// A future of the first value to arrive. Errors are passed over; if all fail it fails with
  /// ``AllFailed``, which has every error in the order of `futures`. O(n).
  ///
  /// Of several values that are there already it takes the first in the order given; of no futures
  /// it fails with ``NoFutures``. When it is done it leaves nothing registered with the others, which
  /// go on and whose errors are not reported. Cancelling it abandons the futures, as with `all`.
  public static func any<V>(
    _ futures: some Sequence<Future<V>>,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) -> Future<V> {
    let futures = Array(futures)
    let site = SourceSite(function: function, file: file, line: line)
    if futures.isEmpty { return failed(NoFutures(operation: "any", site: site), site) }
    return Combination<V>.future(
      of: futures, endingAt: .value, site: site,
      whenOneEnds: { part, first in
        first.succeed(unsafeDowncast(part, to: Future<V>.self).storedValue)
      },
      whenAllHave: { first in
        _ = first.fail(with: AllFailed(futures.compactMap { ErrorReport($0) }))
      })
  }

  /// A future of the first to arrive, value or error. O(n).
  ///
  /// Of several that are done already it takes the first in the order given; of no futures it fails
  /// with ``NoFutures``. When it is done it leaves nothing registered with the others, which go on
  /// and whose errors are not reported. Cancelling it abandons the futures, as with `all`.
  public static func race<V>(
    _ futures: some Sequence<Future<V>>,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) -> Future<V> {
    let futures = Array(futures)
    let site = SourceSite(function: function, file: file, line: line)
    if futures.isEmpty { return failed(NoFutures(operation: "race", site: site), site) }
    return Combination<V>.future(
      of: futures, endingAt: .arrival, site: site,
      whenOneEnds: { part, first in
        if let failure = part.failure {
          first.fail(carrying: failure)
        } else {
          first.succeed(unsafeDowncast(part, to: Future<V>.self).storedValue)
        }
      },
      // Not reached: the first to arrive has ended it.
      whenAllHave: { _ in })
  }

  private static func failed<V>(_ error: any Error, _ site: SourceSite) -> Future<V> {
    let future = Future<V>(pending: nil, site: site)
    _ = future.fail(with: error)
    return future
  }
}

/// The first of no futures was asked for: it can never arrive.
public struct NoFutures: Error, Hashable, CustomStringConvertible {
  /// `any` or `race`.
  public let operation: String
  /// Where it was asked for.
  public let site: SourceSite

  public var description: String {
    "Future.\(operation) of no futures, in \(site), has nothing to arrive; check that there is one"
  }
}

/// None of the futures given to ``Future/any(_:function:file:line:)`` has arrived at a value.
public struct AllFailed: CausedError, CustomStringConvertible {
  let causeList: CauseList

  init(_ reports: [ErrorReport]) { causeList = CauseList(reports) }

  /// The errors and tracebacks of the futures, in the order of the futures.
  public var causes: [ErrorReport] { causeList.reports }

  /// The errors of the futures, in the order of the futures.
  public var errors: [any Error] { causes.map(\.error) }

  public var description: String {
    causes.count == 1 ? "the only future failed" : "all \(causes.count) futures failed"
  }
}

extension AllFailed: CauseListHolder {}
