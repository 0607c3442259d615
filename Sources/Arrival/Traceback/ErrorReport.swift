// SPDX-License-Identifier: Apache-2.0
/// An error, the traceback of where it came from, and the errors that led to it.
///
/// ```swift
/// if let report = ErrorReport(future) { report.print() }
/// ```
///
/// Errors that conform to ``CausedError`` say which errors led to them.
public struct ErrorReport: Sendable, CustomStringConvertible {
  /// The error.
  public let error: any Error
  /// Where the error came from, if it is known.
  public let traceback: Traceback?
  fileprivate let givenCauses: CauseList?

  /// A report of an error.
  ///
  /// - Parameters:
  ///   - error: the error.
  ///   - traceback: where it came from.
  ///   - causes: the errors that led to it; by default the error's own ``CausedError/causes``.
  public init(_ error: any Error, _ traceback: Traceback? = nil, causes: [ErrorReport] = []) {
    self.error = error
    self.traceback = traceback
    givenCauses = causes.isEmpty ? nil : CauseList(causes)
  }

  /// The errors that led to this one, in the order in which the text shows them.
  public var causes: [ErrorReport] {
    givenCauses?.reports ?? (error as? any CausedError)?.causes ?? []
  }

  /// The text of the report; see ``format(limit:options:)``.
  public var description: String { format() }
}

/// An error that other errors led to. An ``ErrorReport`` shows these too.
///
/// ```swift
/// struct ConfigUnreadable: CausedError {
///   let underlying: any Error
///   var causes: [ErrorReport] { [ErrorReport(underlying)] }
/// }
/// ```
public protocol CausedError: Error {
  /// The errors that led to this one, in the order in which a report shows them.
  var causes: [ErrorReport] { get }
}

/// The causes that a report or an error holds.
///
/// It frees a deep tree of causes one list after the other, which recursion could not do: 40,000
/// levels would overflow the stack.
// `@unchecked Sendable`: changed only while it is freed, when nobody else holds it.
final class CauseList: @unchecked Sendable {
  private(set) var reports: [ErrorReport]

  init(_ reports: [ErrorReport]) { self.reports = reports }

  deinit {
    var lists: [CauseList] = []
    releaseReports(movingListsTo: &lists)
    while var list = lists.popLast() {
      if isKnownUniquelyReferenced(&list) { list.releaseReports(movingListsTo: &lists) }
    }
  }

  /// Releases the reports, but keeps the lists that they hold.
  private func releaseReports(movingListsTo lists: inout [CauseList]) {
    for report in reports {
      if let list = report.givenCauses { lists.append(list) }
      if let holder = report.error as? any CauseListHolder { lists.append(holder.causeList) }
    }
    reports = []
  }
}

/// An error that keeps its causes in a ``CauseList``, so that any depth of such errors can be
/// freed.
protocol CauseListHolder: CausedError {
  var causeList: CauseList { get }
}
