/// Makes the text of a report. Line by line as `TracebackException.format` of Python does.
struct ReportFormatter {
  private(set) var text = ""

  private let limit: Int?
  private var options: Traceback.FormatOptions
  private var source = SourceReader()
  /// The errors met that are objects, held so that no other gets the address of one.
  private var seen: [ObjectIdentifier: AnyObject] = [:]
  /// How many more errors may be shown: an error may invent causes without end.
  private var budget = 20_000
  /// How many groups are open around what is written; the outermost counts twice, as in Python.
  private var depth = 0
  /// The last error of a group has been written, its frame is still open.
  private var needsClose = false

  init(limit: Int?, options: Traceback.FormatOptions) {
    self.limit = limit
    self.options = options
    // Groups inside groups are written by recursion.
    self.options.maxGroupDepth = min(options.maxGroupDepth, 100)
    self.options.maxGroupWidth = min(max(options.maxGroupWidth, 0), 1_000_000)
  }

  /// Adds an error after those behind it.
  mutating func add(_ report: ErrorReport) {
    let (chain, isCut) = chain(of: report)
    if isCut { emit("[More causes left out]\n") }
    for link in chain.reversed() {
      if let separator = link.separator { emit(separator) }
      if link.isGroup { addGroup(link.report) } else { addSingle(link.report) }
    }
  }

  // MARK: Chains

  private struct Link {
    let report: ErrorReport
    let isGroup: Bool
    /// Stands between what is behind the error and the error.
    var separator: String?
  }

  /// The report and those behind it, the last first, and whether there would be more.
  private mutating func chain(of report: ErrorReport) -> ([Link], isCut: Bool) {
    var chain = [link(report)]
    while options.includesCauses {
      guard let (next, separator) = behind(chain[chain.count - 1].report) else { break }
      chain[chain.count - 1].separator = separator
      if budget <= 0 { return (chain, true) }
      chain.append(link(next))
    }
    return (chain, false)
  }

  private mutating func link(_ report: ErrorReport) -> Link {
    budget -= 1
    // A group that was met before is not opened again: it may contain itself.
    let isNew = object(report).map { seen.updateValue($0, forKey: ObjectIdentifier($0)) == nil }
    return Link(report: report, isGroup: isNew != false && report.error is any ErrorGroup)
  }

  private func behind(_ report: ErrorReport) -> (ErrorReport, separator: String)? {
    if let cause = report.cause, !wasSeen(cause) { return (cause, Self.causeSeparator) }
    if let context = report.context, !wasSeen(context) { return (context, Self.contextSeparator) }
    return nil
  }

  private func wasSeen(_ report: ErrorReport) -> Bool {
    object(report).map { seen[ObjectIdentifier($0)] != nil } ?? false
  }

  /// The error if it is an object: values have no identity, and no cycles.
  private func object(_ report: ErrorReport) -> AnyObject? {
    type(of: report.error) is AnyClass ? report.error as AnyObject : nil
  }

  private static let causeSeparator =
    "\nThe above exception was the direct cause of the following exception:\n\n"
  private static let contextSeparator =
    "\nDuring handling of the above exception, another exception occurred:\n\n"

  // MARK: One error

  private mutating func addSingle(_ report: ErrorReport) {
    addTraceback(of: report, heading: Traceback.heading, margin: "|")
    emit(report.formatErrorOnly())
  }

  private mutating func addTraceback(of report: ErrorReport, heading: String, margin: String) {
    guard let traceback = report.traceback else { return }
    let frames = traceback.format(limit: limit, options: options, heading: "", source: &source)
    if frames.isEmpty { return }
    emit(heading, margin: margin)
    emit(frames)
  }

  // MARK: Groups

  private mutating func addGroup(_ report: ErrorReport) {
    if depth > options.maxGroupDepth {
      return emit("... (max_group_depth is \(options.maxGroupDepth))\n")
    }
    let isOutermost = depth == 0
    if isOutermost { depth = 1 }
    addTraceback(
      of: report, heading: "Exception Group \(Traceback.heading)", margin: isOutermost ? "+" : "|")
    emit(report.formatErrorOnly())
    addErrors(report.errors)
    if isOutermost { depth = 0 }
  }

  private mutating func addErrors(_ errors: [ErrorReport]) {
    needsClose = false
    for (index, error) in errors.prefix(options.maxGroupWidth + 1).enumerated() {
      let isCut = index == options.maxGroupWidth || (budget <= 0 && index > 0)
      let isLast = isCut || index == errors.count - 1
      // An inner group may close the frame for this one.
      if isLast { needsClose = true }
      text += indentation + (index == 0 ? "+-" : "  ")
      text += "+---------------- \(isCut ? "..." : "\(index + 1)") ----------------\n"
      depth += 1
      if isCut { addMore(errors.count - index) } else { add(error) }
      if isLast, needsClose {
        text += "\(indentation)+------------------------------------\n"
        needsClose = false
      }
      depth -= 1
      if isCut { break }
    }
  }

  private mutating func addMore(_ count: Int) {
    emit("and \(count) more exception\(count > 1 ? "s" : "")\n")
  }

  // MARK: Lines

  private var indentation: String { String(repeating: " ", count: 2 * depth) }

  /// Adds lines, each ending with a newline, behind the margin of the open groups.
  private mutating func emit(_ lines: String, margin: String = "|") {
    if depth == 0 {
      text += lines
      return
    }
    let prefix = "\(indentation)\(margin) "
    // Not `Character`: of those, "\r\n" is one.
    for line in lines.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .dropLast()
    {
      text += "\(prefix)\(Substring(line))\n"
    }
  }
}
