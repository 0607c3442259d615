// SPDX-License-Identifier: Apache-2.0
/// Makes the text of a report. Iterative, because causes may be nested deeper than the stack
/// allows.
struct ReportFormatter {
  private(set) var text = ""

  /// How many errors one text shows: an error may have a million causes, or causes without end.
  private static let maxErrors = 100

  private let limit: Int?
  private let options: Traceback.FormatOptions
  private var source = SourceReader()
  /// How many more errors may be shown.
  private var remaining = Self.maxErrors
  private var steps: [Step] = []
  /// The errors between the report and the current error that are objects. `steps` keeps them
  /// alive.
  private var open: Set<ObjectIdentifier> = []

  /// What is still to be done, the last first.
  private enum Step {
    case showCauses(of: ErrorReport)
    case show(ErrorReport, causes: Int, hidden: Int)
    case addBlankLine
  }

  init(limit: Int?, options: Traceback.FormatOptions) {
    self.limit = limit
    self.options = options
  }

  /// Adds the errors that led to an error, and then the error.
  mutating func add(_ report: ErrorReport) {
    remaining -= 1
    steps.append(.showCauses(of: report))
    while let step = steps.popLast() {
      switch step {
      case .showCauses(let report): addCauses(of: report)
      case .show(let report, let causes, let hidden):
        addSeparator(causes: causes, hidden: hidden)
        addError(report)
        if let object = object(report) { open.remove(object) }
      case .addBlankLine: text += "\n"
      }
    }
  }

  private mutating func addCauses(of report: ErrorReport) {
    if let object = object(report) { open.insert(object) }
    let causes = report.causes.filter { cause in object(cause).map { !open.contains($0) } ?? true }
    let shown = causes.prefix(remaining)
    remaining -= shown.count
    steps.append(.show(report, causes: shown.count, hidden: causes.count - shown.count))
    for (index, cause) in shown.enumerated().reversed() {
      steps.append(.showCauses(of: cause))
      if index > 0 { steps.append(.addBlankLine) }
    }
  }

  /// The identity of an error that is an object. Values have none, and cannot contain themselves.
  private func object(_ report: ErrorReport) -> ObjectIdentifier? {
    type(of: report.error) is AnyClass ? ObjectIdentifier(report.error as AnyObject) : nil
  }

  private mutating func addSeparator(causes: Int, hidden: Int) {
    if hidden > 0 {
      if causes > 0 { text += "\n" }
      text += "[\(hidden) more cause\(hidden == 1 ? " is" : "s are") not shown]\n"
    }
    switch causes {
    case 0: if hidden > 0 { text += "\n" }
    case 1: text += "\nThe error above led to this error:\n\n"
    default: text += "\nThe \(causes) errors above led to this error:\n\n"
    }
  }

  private mutating func addError(_ report: ErrorReport) {
    if let traceback = report.traceback {
      text += traceback.format(limit: limit, options: options, source: &source)
    }
    text += "\(report.errorText)\n"
  }
}
