import Arrival
import Testing

/// Reports end, whatever the errors say of themselves.
@Suite struct ErrorReportBoundsTests {
  /// The messages in the order in which they are shown.
  private func messages(_ report: ErrorReport) -> [String] {
    report.format().split(separator: "\n").compactMap { line in
      line.firstRange(of: "ArrivalTests.Loop: ").map { String(line[$0.upperBound...]) }
    }
  }

  @Test func `A ring of causes is shown once, as in Python`() {
    let a = Loop("a")
    a.cause = Loop("b", cause: Loop("c", cause: a))
    defer { a.cause = nil }
    #expect(messages(ErrorReport(a)) == ["c", "b", "a"])
    let own = Loop("own")
    own.cause = own
    defer { own.cause = nil }
    #expect(ErrorReport(own).format() == "ArrivalTests.Loop: own\n")
  }

  @Test func `A ring through what was being handled is shown once`() {
    let a = Loop("a")
    let ring = ErrorReport(a, context: ErrorReport(Loop("b"), context: ErrorReport(a)))
    #expect(messages(ring) == ["b", "a"])
  }

  @Test func `A cause that several errors share stands behind the first`() {
    let shared = Loop("shared")
    let several = Several(
      "several", errors: [Loop("x", cause: shared), Loop("y", cause: shared)])
    #expect(messages(ErrorReport(several)) == ["shared", "x", "y"])
  }

  @Test func `One error that many share is shown for each`() {
    let one = Loop("one")
    let several = Several("several", errors: [one, one, one])
    #expect(messages(ErrorReport(several)) == ["one", "one", "one"])
  }

  /// A group that is an object and holds itself.
  private final class Knot: ErrorGroup, CausedError, CustomStringConvertible {
    var errors: [any Error] { [self, self, Failed("other", cause: self)] }
    var cause: (any Error)? { self }
    var description: String { "knot" }
  }

  @Test func `A group that holds itself ends`() {
    let text = ErrorReport(Knot()).format()
    #expect(text.split(separator: "\n").count { $0.hasSuffix("Knot: knot") } == 3)
    #expect(text.contains("Failed: other\n"))
  }

  /// A value that gives itself as its cause: no identity tells that it is the same again.
  private struct Endless: CausedError { var cause: (any Error)? { self } }

  @Test func `Causes without end are cut`() {
    let text = ErrorReport(Endless()).format()
    let start = "[More causes left out]\n\nThe above exception was the direct cause of "
    #expect(text.prefix(start.count) == start)
    #expect(text.utf8.count < 4_000_000)
  }

  /// A value that holds itself, fifteen times over.
  private struct Bush: ErrorGroup { var errors: [any Error] { Array(repeating: self, count: 15) } }

  @Test func `Groups that grow without end are cut`() {
    let text = ErrorReport(Bush()).format()
    #expect(text.contains("| and 14 more exceptions\n"))
    #expect(text.utf8.count < 8_000_000)
  }

  @Test func `Ten thousand causes are shown, on a thread with little stack too`() {
    var error: any Error = Failed("0")
    for number in 1..<10_000 { error = Failed("\(number)", cause: error) }
    let report = ErrorReport(error)
    let text = Log<String>()
    PlainThread { text.append(report.format()) }.join()
    let lines = text.all[0].split(separator: "\n")
    #expect(lines.count == 2 * 10_000 - 1)
    #expect(lines.first == "ArrivalTests.Failed: 0")
    #expect(lines.last == "ArrivalTests.Failed: 9999")
  }

  @Test func `A hundred thousand given reports are freed without recursion`() {
    PlainThread {
      var cause = ErrorReport(Oops(0))
      var context = ErrorReport(Oops(0))
      for number in 1..<100_000 {
        cause = ErrorReport(Oops(number), cause: cause)
        context = ErrorReport(Oops(number), context: context)
      }
      #expect(cause.cause?.error as? Oops == Oops(99_998))
      #expect(context.context?.context != nil)
    }.join()
  }

  @Test func `A million errors in a group cost what is shown`() {
    let oops = ErrorReport(Oops(1))
    let text = ErrorReport(Several("all", Array(repeating: oops, count: 1_000_000))).format()
    #expect(text.contains("| and 999985 more exceptions\n"))
  }
}
