// SPDX-License-Identifier: Apache-2.0
extension Future {
  // MARK: All

  /// A future with all values, in the order of `futures`. O(n).
  ///
  /// It fails at once with the first error to arrive, and then leaves nothing registered with the
  /// other futures, which go on. Errors that arrive later are not reported. If `futures` is empty,
  /// it is done at once. Cancelling it abandons the futures: each goes on as long as something else
  /// waits for it or holds it, and is cancelled otherwise.
  public static func all(
    _ futures: some Sequence<Future<Value>>, name: String? = nil,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) -> Future<[Value]> {
    let futures = Array(futures)
    return Combination.future(
      of: futures, endingAt: .error, name: name,
      site: SourceSite(function: function, file: file, line: line)
    ) { all in
      // Every future has a value, or one of them would have failed this one.
      all.succeed(futures.map(\.storedValue))
    }
  }

  /// A future with the result of each, value or error, in the order of `futures`. O(n).
  ///
  /// It waits for all futures and never fails by itself. If `futures` is empty, it is done at once.
  /// Cancelling it abandons the futures, as with `all`.
  public static func allSettled(
    _ futures: some Sequence<Future<Value>>, name: String? = nil,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) -> Future<[Result<Value, any Error>]> {
    let futures = Array(futures)
    return Combination.future(
      of: futures, endingAt: .never, name: name,
      site: SourceSite(function: function, file: file, line: line)
    ) { $0.succeed(futures.map(\.arrived)) }
  }

  // MARK: One of them

  /// A future with the first value to arrive. O(n).
  ///
  /// Errors are ignored unless all futures fail. Then it fails with ``AllFailed``, which has every
  /// error in the order of `futures`. If several values are there already, it takes the first in
  /// the order given. If `futures` is empty, it fails with ``NoFutures``. When it is done, it
  /// leaves nothing registered with the other futures, which go on and whose errors are not
  /// reported. Cancelling it abandons the futures, as with `all`.
  public static func any(
    _ futures: some Sequence<Future<Value>>, name: String? = nil,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) -> Future<Value> {
    let futures = Array(futures)
    let site = SourceSite(function: function, file: file, line: line)
    if futures.isEmpty { return failed(NoFutures(operation: "any", site: site), name, site) }
    return Combination<Value>.future(
      of: futures, endingAt: .value, name: name, site: site,
      whenOneEnds: { upstream, first in
        first.succeed(Future<Value>.of(upstream).storedValue)
      },
      whenAllHave: { first in
        _ = first.fail(with: AllFailed(futures.compactMap { ErrorReport($0) }))
      })
  }

  /// A future with the first result to arrive, value or error. O(n).
  ///
  /// If several futures are done already, it takes the first in the order given. If `futures` is
  /// empty, it fails with ``NoFutures``. When it is done, it leaves nothing registered with the
  /// other futures, which go on and whose errors are not reported. Cancelling it abandons the
  /// futures, as with `all`.
  public static func race(
    _ futures: some Sequence<Future<Value>>, name: String? = nil,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) -> Future<Value> {
    let futures = Array(futures)
    let site = SourceSite(function: function, file: file, line: line)
    if futures.isEmpty { return failed(NoFutures(operation: "race", site: site), name, site) }
    return Combination<Value>.future(
      of: futures, endingAt: .arrival, name: name, site: site,
      whenOneEnds: { upstream, first in
        if let failure = upstream.failure {
          first.fail(carrying: failure)
        } else {
          first.succeed(Future<Value>.of(upstream).storedValue)
        }
      },
      // Not reached: the first to arrive has ended it.
      whenAllHave: { _ in })
  }

  private static func failed(
    _ error: any Error, _ name: String?, _ site: SourceSite
  ) -> Future<Value> {
    let future = Future(pending: name, site: site)
    _ = future.fail(with: error)
    return future
  }
}

// `Never` stands in for the type argument of functions that take futures of several types, so that
// calls need none.
extension Future where Value == Never {
  /// A future that is done when all are, for futures of any types. O(n).
  ///
  /// It fails at once with the first error to arrive. Otherwise like the overload for one type.
  // Disfavoured, or an array literal of futures of one type would be taken for this.
  @_disfavoredOverload
  public static func all(
    _ futures: [any AnyFuture], name: String? = nil,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) -> Future<Void> {
    Combination.future(
      of: futures, endingAt: .error, name: name,
      site: SourceSite(function: function, file: file, line: line)
    ) { $0.succeed(()) }
  }

  /// A future with all values as a tuple: `let (user, orders) = try await Future.all(a, b).value`.
  ///
  /// It fails at once with the first error to arrive. Otherwise like the overload for a sequence.
  public static func all<each V: Sendable>(
    _ futures: repeat Future<each V>, name: String? = nil,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) -> Future<(repeat each V)> {
    var upstreams: [FutureCore] = []
    repeat upstreams.append(each futures)
    // The compiler (6.3) crashes if a closure captures the pack itself.
    let futures = (repeat each futures)
    return Combination<(repeat each V)>.future(
      of: upstreams, endingAt: .error, name: name,
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
}

/// `any` or `race` was called with no futures, so no result can ever arrive.
public struct NoFutures: Error, Hashable, CustomStringConvertible {
  /// `any` or `race`.
  public let operation: String
  /// Where it was called.
  public let site: SourceSite

  public var description: String {
    "Future.\(operation) was called with no futures in \(site); check first that there is one"
  }
}

/// All futures given to ``Future/any(_:name:function:file:line:)`` failed.
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
