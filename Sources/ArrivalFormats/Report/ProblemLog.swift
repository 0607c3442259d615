// SPDX-License-Identifier: Apache-2.0
private import ArrivalDatastore
private import Synchronization

/// Reports the problems of an input on standard error, above the progress line.
///
/// The first ``limit`` problems are listed, and the first ones of each other reason. The rest is
/// counted for each reason: a file in which every row is wrong does not fill the screen.
package final class ProblemLog: Sendable {
  /// How many problems are listed.
  package static let limit = 20

  /// The name of the input.
  package let source: String
  /// The name of the command.
  private let command: String
  private let printer: ProgressPrinter
  private let state = Mutex(ListedProblems())
  private let start = ContinuousClock.now

  package init(_ printer: ProgressPrinter, source: String, command: String) {
    self.command = command
    self.printer = printer
    self.source = source
  }

  /// How many rows had a problem: they were not stored, or not read back as they were stored.
  package var count: Int { state.withLock { $0.count } }

  /// Reports problems of rows, one for each row. Each text has the line of its row.
  package func report(_ problems: [String]) {
    for problem in problems {
      if state.withLock({ $0.add(problem) }) { printer.log("\(source): \(problem)") }
    }
  }

  /// Writes a note about the input. It does not count as a problem.
  package func note(_ text: String) { printer.log("\(source): \(text)") }

  /// Writes the reason for which the work ends.
  package func stop(_ text: String) { printer.log("\(command): \(text)") }

  /// Writes the error that ends the work; of a `DatastoreError`, only the message.
  package func stop(_ error: any Error) {
    stop((error as? DatastoreError)?.message ?? "\(error)")
  }

  /// Shows how far the work is.
  ///
  /// - Parameters:
  ///   - activity: The name of the work.
  ///   - done: How many rows are done in this run.
  ///   - total: How many there are; `nil` if it is not known.
  ///   - fraction: How much of the work is done, from 0 to 1; `nil` if only `total` says it.
  ///   - initialFraction: How much of it was done before this run.
  ///   - noun: The noun for a counted thing, in the singular.
  package func progress(
    _ activity: String, done: Int, of total: Int?, fraction: Double? = nil,
    initialFraction: Double = 0, noun: String = "row"
  ) {
    printer.update(
      .init(
        activity: activity, done: done, total: total, fraction: fraction,
        initialFraction: initialFraction, elapsed: start.duration(to: .now), noun: noun))
  }

  /// Clears the progress line and says how many problems were not listed.
  package func finish() {
    printer.clear()
    for line in state.withLock({ $0.summary }) { printer.log("\(source): \(line)") }
  }
}
