private import ArrivalDatastore
private import Synchronization

/// Reports what is wrong with the table, above the progress: the first problems each on a line of
/// its own, the rest as a number, so that a hopeless file does not fill the screen.
package final class ProblemLog: Sendable {
  /// How many problems are reported one by one.
  package static let limit = 20

  /// How the table is called.
  package let source: String
  /// What the command is called.
  private let command: String
  private let printer: ProgressPrinter
  private let total = Mutex(0)
  private let start = ContinuousClock.now

  package init(_ printer: ProgressPrinter, source: String, command: String = "quickstart") {
    self.command = command
    self.printer = printer
    self.source = source
  }

  /// How many rows were not stored or did not come back.
  package var count: Int { total.withLock { $0 } }

  /// Reports a row each, with its line.
  package func report(_ problems: [String]) {
    for problem in problems {
      let number = total.withLock { total in
        total += 1
        return total
      }
      if number <= Self.limit { printer.log("\(source): \(problem)") }
    }
  }

  /// Says something that costs no row.
  package func note(_ text: String) { printer.log("\(source): \(text)") }

  /// Says why the work ends.
  package func stop(_ text: String) { printer.log("\(command): \(text)") }

  /// Says why the work ends; of a database's error only what is for people.
  package func stop(_ error: any Error) {
    stop((error as? DatastoreError)?.message ?? "\(error)")
  }

  package func progress(_ activity: String, done: Int, of total: Int?) {
    printer.update(
      .init(
        activity: activity, done: done, total: total, elapsed: start.duration(to: .now)))
  }

  /// Takes the progress away and says how many problems were not listed.
  package func finish() {
    printer.clear()
    let unlisted = count - Self.limit
    if unlisted > 0 { printer.log("\(source): and \(counted(unlisted, "more row")) like these") }
  }
}
