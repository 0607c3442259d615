// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// The error of a future that failed, was freed, and whose error nobody looked at.
///
/// A wait that throws or returns the error looks at it, and so does a callback. A future that
/// carries the error on looks at it too, and then has to be looked at itself.
public struct UnobservedFailure: Sendable, CustomStringConvertible {
  /// The name of the future, if it has one.
  public let name: String?
  /// Where the future was created.
  public let creationSite: SourceSite
  /// The error it failed with.
  public let error: any Error
  /// Where the error came from.
  public let traceback: Traceback
  /// How many futures failed with this one error, as those of a batch do. This is one of them.
  public let count: Int

  /// The report on one line.
  public var description: String {
    let others =
      switch count {
      case 1: ""
      case 2: ", and another one with it,"
      default: ", and \(count - 1) others with it,"
      }
    let way = traceback.summary
    let text =
      "the future\(nameText(name)) created in \(creationSite)\(others) failed and"
      + " nobody looked at the error: "
      + ErrorReport(error).errorText + (way.isEmpty ? "" : " (\(way))")
    return text.split(whereSeparator: \.isNewline).joined(separator: " ")
  }

  static func report(_ trace: Trace, _ error: any Error, count: Int) {
    if isExpected(error) { return }
    Diagnostic.unobservedFailure(
      UnobservedFailure(
        name: trace.name, creationSite: trace.creationSite, error: error,
        traceback: Traceback(trace), count: count)
    ).report()
  }
}

extension UnobservedFailure {
  private static let expected = Lock<[ObjectIdentifier: @Sendable (any Error) -> Bool]>([:])

  /// Declares that errors of this type are expected: a future that fails with one is not reported.
  ///
  /// A class includes its subclasses. `CancellationError` is always expected. It applies to the
  /// whole program, so call it at the start.
  public static func expect<E: Error>(_ type: E.Type) {
    expected.withLock { $0[ObjectIdentifier(type)] = { $0 is E } }
  }

  private static func isExpected(_ error: any Error) -> Bool {
    if error is CancellationError { return true }
    return expected.withLock { Array($0.values) }.contains { $0(error) }
  }
}

/// Prints unobserved failures, at most eight of the futures created at one place, so that a place
/// that keeps failing does not flood standard error.
enum UnobservedFailurePrinter {
  private static let maxLines = 8
  /// Places beyond these share one count.
  private static let maxSites = 1_024
  private static let printed = Lock<[SourceSite?: Int]>([:])

  static func print(_ failure: UnobservedFailure) {
    let lines = printed.withLock { printed in
      let isKnown = printed[failure.creationSite] != nil || printed.count < maxSites
      let site = isKnown ? failure.creationSite : nil
      let lines = printed[site, default: 0] + 1
      if lines <= maxLines { printed[site] = lines }
      return lines
    }
    if lines > maxLines { return }
    let isLast = lines == maxLines ? "; no more are printed of the futures created there" : ""
    writeToStandardError("arrival: \(failure)\(isLast)")
  }
}
