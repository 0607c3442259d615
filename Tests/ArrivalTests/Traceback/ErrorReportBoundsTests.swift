// SPDX-License-Identifier: Apache-2.0
import Arrival
import Testing

/// Reports end, whatever causes the errors have.
@Suite struct ErrorReportBoundsTests {
  /// The messages in the order in which they are shown.
  private func messages(_ report: ErrorReport) -> [String] {
    report.format().split(separator: "\n").compactMap { line in
      line.firstRange(of: "ArrivalTests.Loop: ").map { String(line[$0.upperBound...]) }
    }
  }

  @Test func `A ring of causes is shown once`() {
    let a = Loop("a")
    a.cause = Loop("b", cause: Loop("c", cause: a))
    defer { a.cause = nil }
    #expect(messages(ErrorReport(a)) == ["c", "b", "a"])
    let own = Loop("own")
    own.cause = own
    defer { own.cause = nil }
    #expect(ErrorReport(own).format() == "ArrivalTests.Loop: own\n")
  }

  @Test func `A ring through given causes is shown once`() {
    let a = Loop("a")
    let b = ErrorReport(Loop("b"), causes: [ErrorReport(a)])
    #expect(messages(ErrorReport(a, causes: [b])) == ["b", "a"])
  }

  @Test func `A cause that several errors share is shown for each`() {
    let shared = Loop("shared")
    let report = ErrorReport(
      Loop("top"),
      causes: [ErrorReport(Loop("x", cause: shared)), ErrorReport(Loop("y", cause: shared))])
    #expect(messages(report) == ["shared", "x", "shared", "y", "top"])
  }

  /// A value that is its own cause. Nothing shows that it is the same error again.
  private struct Endless: CausedError { var causes: [ErrorReport] { [ErrorReport(self)] } }

  @Test func `Causes without end are cut`() {
    let text = ErrorReport(Endless()).format()
    #expect(
      text.hasPrefix("[1 more cause is not shown]\n\nArrivalTests.ErrorReportBoundsTests.End"))
    #expect(text.split(separator: "\n").count { $0.hasSuffix("Endless: Endless()") } <= 100)
    #expect(text.utf8.count < 20_000)
  }

  /// A value that has itself as a cause, fifteen times.
  private struct Bush: CausedError {
    var causes: [ErrorReport] { Array(repeating: ErrorReport(self), count: 15) }
  }

  @Test func `Causes that branch without end are cut`() {
    let text = ErrorReport(Bush()).format()
    #expect(text.contains("more causes are not shown]\n"))
    #expect(text.utf8.count < 20_000)
  }

  @Test func `A million causes are shown as the first few and a count`() {
    let oops = ErrorReport(Oops(1))
    let error = Failed("all", causes: Array(repeating: oops, count: 1_000_000))
    let text = ErrorReport(error).format()
    #expect(
      text.hasSuffix(
        """

        [999901 more causes are not shown]

        The 99 errors above led to this error:

        ArrivalTests.Failed: all

        """))
  }

  @Test func `Ten thousand causes are cut, on a thread with little stack too`() {
    var error: any Error = Failed("0")
    for number in 1..<10_000 { error = Failed("\(number)", cause: error) }
    let report = ErrorReport(error)
    let text = Log<String>()
    PlainThread { text.append(report.format()) }.join()
    #expect(text.all[0].hasPrefix("[1 more cause is not shown]\n\nArrivalTests.Failed: 9900\n"))
    #expect(text.all[0].hasSuffix("ArrivalTests.Failed: 9999\n"))
  }

  @Test func `A hundred thousand given reports are freed without recursion`() {
    PlainThread {
      var report = ErrorReport(Oops(0))
      for number in 1..<100_000 { report = ErrorReport(Oops(number), causes: [report]) }
      #expect(report.causes.first?.error as? Oops == Oops(99_998))
    }.join()
  }

  @Test func `Future.any in Future.any, 40,000 deep, is shown and freed without recursion`() {
    PlainThread {
      var future = Future<Int>(error: Oops(7))
      for _ in 0..<40_000 { future = Future.any([future]) }
      let text = ErrorReport(future)?.format() ?? ""
      #expect(text.hasPrefix("[1 more cause is not shown]\n\n"))
      #expect(text.hasSuffix("Arrival.AllFailed: the only future failed\n"))
      future = Future(value: 1)
    }.join()
  }
}
