/// An error, where it came from, and the errors behind it, ready to be shown.
///
/// ```swift
/// if let report = ErrorReport(future) { report.print() }
/// ```
///
/// The text is laid out as Python lays out that of an exception; <doc:PythonTracebacks> compares
/// the two. Errors that conform to ``CausedError`` bring what led to them, and those that conform to
/// ``ErrorGroup`` the errors they stand for.
public struct ErrorReport: Sendable, CustomStringConvertible {
  /// The error.
  public let error: any Error
  /// Where it came from, as far as it is known.
  public let traceback: Traceback?
  /// What is to be said below the error's message.
  public var notes: [String] = []

  private var givenCause: Link?
  private var givenContext: Link?

  /// A report of an error.
  ///
  /// - Parameters:
  ///   - error: the error.
  ///   - traceback: where it came from.
  ///   - cause: the error that led to it; by default what a ``CausedError`` says of itself.
  ///   - context: the error that was being handled when it was thrown. Shown if there is no cause.
  public init(
    _ error: any Error, _ traceback: Traceback? = nil,
    cause: ErrorReport? = nil, context: ErrorReport? = nil
  ) {
    self.error = error
    self.traceback = traceback
    givenCause = cause.map(Link.init)
    givenContext = context.map(Link.init)
  }

  /// The report of a future that has failed; `nil` while it is pending, or if it has a value. Never
  /// waits.
  public init?(_ future: some AnyFuture) {
    guard future.done(), let failure = future.failure else { return nil }
    self.init(failure.look(), failure.lookAtTraceback())
  }

  /// The report of the error that led to this one.
  public var cause: ErrorReport? {
    givenCause?.report ?? (error as? any CausedError)?.causeReport
  }

  /// The report of the error that was being handled when this one was thrown.
  public var context: ErrorReport? { givenContext?.report }

  /// The reports of the errors that an ``ErrorGroup`` stands for; none of any other error.
  public var errors: [ErrorReport] { (error as? any ErrorGroup)?.errorReports ?? [] }

  /// The text of the report; see ``format(limit:options:)``.
  public var description: String { format() }

  /// Holds a report inside another.
  // `@unchecked Sendable`: changed only by the `deinit` of the last to hold it.
  private final class Link: @unchecked Sendable {
    var report: ErrorReport

    init(_ report: ErrorReport) { self.report = report }

    // Freed one by one: a chain of ten thousand would overflow the stack.
    deinit {
      var rest: [Link] = []
      report.takeLinks(&rest)
      while var link = rest.popLast() {
        if isKnownUniquelyReferenced(&link) { link.report.takeLinks(&rest) }
      }
    }
  }

  private mutating func takeLinks(_ links: inout [Link]) {
    if let link = givenCause.take() { links.append(link) }
    if let link = givenContext.take() { links.append(link) }
  }
}
