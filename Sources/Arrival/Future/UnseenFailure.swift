internal import Synchronization

/// A future failed, and was freed without anybody having looked at its error.
///
/// Who was given the error has looked: by a wait that throws or returns it, in a callback, or as a
/// future that carries it on, which is then answered for in its turn.
public struct UnseenFailure: Sendable, CustomStringConvertible {
  /// The name of the future, if it has one.
  public let name: String?
  /// Where the future was made.
  public let creationSite: SourceSite
  /// What it failed with.
  public let error: any Error
  /// Where the error came from.
  public let traceback: Traceback
  /// How many futures the same error failed at once, as a batch's error does; this is one of them.
  public let count: Int

  /// The report on one line.
  public var description: String {
    let others =
      switch count {
      case 1: ""
      case 2: ", and another one with it,"
      default: ", and \(count - 1) others with it,"
      }
    let way = traceback.frames.map(\.description).joined(separator: "; ")
    let text =
      "the future\(name.map { " \"\($0)\"" } ?? "") created in \(creationSite)\(others) failed and"
      + " nobody looked at the error: "
      + ErrorReport(error).formatErrorOnly() + (way.isEmpty ? "" : " (\(way))")
    return text.split(whereSeparator: \.isNewline).joined(separator: " ")
  }

  static func report(_ trace: Trace, _ error: any Error, count: Int) {
    if Arrival.isExpected(error) { return }
    Diagnostic.unseenFailure(
      UnseenFailure(
        name: trace.name, creationSite: trace.creationSite, error: error,
        traceback: Traceback(trace), count: count)
    ).report()
  }
}

/// One error that fails many futures: a batch's, or that of an executor which is shut down. It is
/// reported once, when the last of them is freed, if nobody has looked at any.
final class FanOut: Sendable {
  private struct Unseen {
    let trace: Trace
    let error: any Error
    var count = 1
  }

  private let seen = Atomic<Bool>(false)
  private let unseen = Lock<Unseen?>(nil)

  deinit {
    if seen.load(ordering: .relaxed) { return }
    guard let unseen = unseen.withLock({ $0 }) else { return }
    UnseenFailure.report(unseen.trace, unseen.error, count: unseen.count)
  }

  func wasSeen() { seen.store(true, ordering: .relaxed) }

  /// A future was freed that nobody had looked at.
  func add(_ trace: Trace, _ error: any Error) {
    if seen.load(ordering: .relaxed) { return }
    unseen.withLock { unseen in
      if unseen == nil {
        unseen = Unseen(trace: trace, error: error)
      } else {
        unseen?.count += 1
      }
    }
  }
}

extension Arrival {
  private static let expected = Lock<[ObjectIdentifier: @Sendable (any Error) -> Bool]>([:])

  /// Errors of this type are part of how the program works: no report if nobody looks at them.
  ///
  /// `CancellationError` always is. A class stands for its subclasses too. For the whole program;
  /// call it at the start.
  public static func expectErrors<E: Error>(of type: E.Type) {
    expected.withLock { $0[ObjectIdentifier(type)] = { $0 is E } }
  }

  static func isExpected(_ error: any Error) -> Bool {
    if error is CancellationError { return true }
    return expected.withLock { Array($0.values) }.contains { $0(error) }
  }
}

/// How many failures were printed of the futures made at each place. One place that fails without
/// end would flood standard error.
enum UnseenFailurePrinter {
  private static let maxLines = 8
  /// Places beyond these share one count.
  private static let maxSites = 1_024
  private static let printed = Lock<[SourceSite?: Int]>([:])

  static func print(_ failure: UnseenFailure) {
    let lines = printed.withLock { printed in
      let isKnown = printed[failure.creationSite] != nil || printed.count < maxSites
      let site = isKnown ? failure.creationSite : nil
      let lines = printed[site, default: 0] + 1
      if lines <= maxLines { printed[site] = lines }
      return lines
    }
    if lines > maxLines { return }
    let isLast = lines == maxLines ? "; no more are printed of futures created there" : ""
    writeToStandardError("arrival: \(failure)\(isLast)")
  }
}
