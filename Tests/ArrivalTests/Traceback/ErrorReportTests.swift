import Arrival
import Testing

/// The layouts are those of Python 3.11's `traceback` for exceptions of this shape.
@Suite struct ErrorReportTests {
  @Test func `The error stands below its traceback`() {
    #expect(
      ErrorReport(Failed("bad"), .inD).format() == """
        Traceback (most recent call last):
          File "x.swift", line 7, in main
          File "x.swift", line 12, in d
        ArrivalTests.Failed: bad

        """)
    let none = Traceback(frames: [])
    #expect(ErrorReport(Failed("bad")).format() == "ArrivalTests.Failed: bad\n")
    #expect(ErrorReport(Failed("bad"), none).format() == "ArrivalTests.Failed: bad\n")
    #expect(ErrorReport(Failed("bad"), .inD).format(limit: 0) == "ArrivalTests.Failed: bad\n")
    #expect(ErrorReport(Failed("bad")).description == "ArrivalTests.Failed: bad\n")
  }

  @Test func `A direct cause comes first`() {
    let inner = Failed("inner")
    let report = ErrorReport(Failed("outer", cause: inner), .inMain)
    #expect(
      report.format() == """
        ArrivalTests.Failed: inner

        The above exception was the direct cause of the following exception:

        Traceback (most recent call last):
          File "x.swift", line 7, in main
        ArrivalTests.Failed: outer

        """)
    #expect(report.cause?.error as? Failed != nil)
    #expect(report.context == nil)
    var alone = Traceback.FormatOptions.default
    alone.includesCauses = false
    #expect(report.format(options: alone).hasPrefix("Traceback"))
  }

  @Test func `What was being handled comes first`() {
    let handled = ErrorReport(Failed("inner"), .inD)
    let report = ErrorReport(Failed("outer"), .inMain, context: handled)
    #expect(
      report.format(limit: -1) == """
        Traceback (most recent call last):
          File "x.swift", line 12, in d
        ArrivalTests.Failed: inner

        During handling of the above exception, another exception occurred:

        Traceback (most recent call last):
          File "x.swift", line 7, in main
        ArrivalTests.Failed: outer

        """)
    #expect(report.context?.traceback == .inD)
  }

  @Test func `A cause hides what was being handled, and a given cause the error's own`() {
    let context = ErrorReport(Failed("context"))
    let own = Failed("error", cause: Failed("own"))
    #expect(!ErrorReport(own, context: context).format().contains("context"))
    let given = ErrorReport(own, cause: ErrorReport(Failed("given"), .inD)).format()
    #expect(given.contains("line 12, in d\nArrivalTests.Failed: given\n\nThe above"))
    #expect(!given.contains("own"))
  }

  @Test func `Several errors are a tree`() {
    var noted = ErrorReport(Failed("two\nlines"))
    noted.notes = ["n"]
    let report = ErrorReport(
      Several(
        "2 of 3 failed",
        [
          ErrorReport(Failed("one"), Traceback(frames: [.inD])),
          ErrorReport(Several("inner", [noted, ErrorReport(Failed("three"))])),
          ErrorReport(Failed("last", cause: Failed("first"))),
        ]), .inMain)
    #expect(
      report.format() == """
          + Exception Group Traceback (most recent call last):
          |   File "x.swift", line 7, in main
          | ArrivalTests.Several: 2 of 3 failed
          +-+---------------- 1 ----------------
            | Traceback (most recent call last):
            |   File "x.swift", line 12, in d
            | ArrivalTests.Failed: one
            +---------------- 2 ----------------
            | ArrivalTests.Several: inner
            +-+---------------- 1 ----------------
              | ArrivalTests.Failed: two
              | lines
              | n
              +---------------- 2 ----------------
              | ArrivalTests.Failed: three
              +------------------------------------
            +---------------- 3 ----------------
            | ArrivalTests.Failed: first
            |\u{20}
            | The above exception was the direct cause of the following exception:
            |\u{20}
            | ArrivalTests.Failed: last
            +------------------------------------

        """)
    #expect(report.errors.count == 3)
    #expect(report.errors[1].errors.map(\.notes) == [["n"], []])
  }

  @Test func `Several errors may be the cause of one`() {
    let several = Several("several", errors: [Failed("one")])
    #expect(
      ErrorReport(Failed("top", cause: several)).format() == """
          | ArrivalTests.Several: several
          +-+---------------- 1 ----------------
            | ArrivalTests.Failed: one
            +------------------------------------

        The above exception was the direct cause of the following exception:

        ArrivalTests.Failed: top

        """)
  }

  @Test func `Of many errors the first fifteen are shown`() {
    func text(_ count: Int, width: Int? = nil) -> String {
      var options = Traceback.FormatOptions.default
      if let width { options.maxGroupWidth = width }
      let several = Several("wide", errors: (1...count).map { Failed("e\($0)") })
      return ErrorReport(several).format(options: options)
    }
    #expect(text(15).hasSuffix("e15\n    +------------------------------------\n"))
    #expect(
      text(16).hasSuffix(
        """
            | ArrivalTests.Failed: e15
            +---------------- ... ----------------
            | and 1 more exception
            +------------------------------------

        """))
    #expect(text(17).contains("    | and 2 more exceptions\n"))
    let none = """
        | ArrivalTests.Several: wide
        +-+---------------- ... ----------------
          | and 2 more exceptions
          +------------------------------------

      """
    #expect(text(2, width: 0) == none)
    #expect(text(2, width: -1) == none)
    #expect(text(20, width: .max).contains("e20\n"))
  }

  @Test func `Groups in groups are shown ten deep`() {
    var error: any Error = Failed("leaf")
    for level in 0..<200 { error = Several("g\(level)", errors: [error]) }
    let text = ErrorReport(error).format()
    #expect(text.contains("Several: g190\n"))
    #expect(!text.contains("Several: g189\n"))
    let margin = String(repeating: " ", count: 22)
    #expect(
      text.hasSuffix(
        "\(margin)| ... (max_group_depth is 10)\n"
          + "\(margin)+------------------------------------\n"))
    var options = Traceback.FormatOptions.default
    options.maxGroupDepth = .max
    #expect(ErrorReport(error).format(options: options).contains("(max_group_depth is 100)"))
    options.maxGroupDepth = -1
    #expect(ErrorReport(error).format(options: options) == "... (max_group_depth is -1)\n")
  }

  @Test func `A group of nothing is its message`() {
    #expect(ErrorReport(Several("none", errors: [])).format() == "  | ArrivalTests.Several: none\n")
  }

  @Test func `Line ends of other systems stay in the margin`() {
    let text = ErrorReport(Several("a\r\nb", errors: [])).format()
    #expect(text == "  | ArrivalTests.Several: a\r\n  | b\n")
  }

  @Test func `A future that failed has a report`() throws {
    let promise = Promise<Int>("user 7")
    #expect(ErrorReport(promise.future) == nil)
    promise.fail(Failed("bad", cause: Failed("worse")))
    let line = #line - 1
    let report = try #require(ErrorReport(promise.future))
    #expect(report.traceback == promise.future.getTraceback())
    let text = report.format()
    #expect(text.contains("line \(line), in \(#function) (promise failed)\nArrivalTests.Failed: "))
    #expect(text.hasPrefix("ArrivalTests.Failed: worse\n\nThe above exception was"))
    #expect(ErrorReport(Future(value: 1)) == nil)
    let any: any AnyFuture = promise.future
    #expect(ErrorReport(any) != nil)
  }

  /// An error that keeps the report of what led to it.
  private struct Unavailable: CausedError, CustomStringConvertible {
    let causeReport: ErrorReport?
    var cause: (any Error)? { causeReport?.error }
    var description: String { "no user" }
  }

  @Test func `A cause whose report was kept shows where it came from`() throws {
    let user = Promise<Int>("user 7")
    user.fail(Failed("closed"))
    let line = #line - 2
    let request = Future("request") {
      do { return try await user.future.getResult() } catch {
        throw Unavailable(causeReport: ErrorReport(user.future))
      }
    }
    request.wait()
    let place = "  File \"\(#fileID)\""
    let lines = try #require(ErrorReport(request)).format().split(separator: "\n")
    let texts = [
      "Traceback (most recent call last):",
      "\(place), line \(line), in \(#function) (future \"user 7\" created)",
      "\(place), line \(line + 1), in \(#function) (promise failed)",
      "ArrivalTests.Failed: closed",
      "The above exception was the direct cause of the following exception:",
      "Traceback (most recent call last):",
      "\(place), line \(line + 3), in \(#function) (future \"request\" created)",
    ]
    #expect(lines.prefix(texts.count).map(String.init) == texts)
    #expect(lines.last == "ArrivalTests.ErrorReportTests.Unavailable: no user")
  }

  @Test func `A stream gets the same text`() {
    let report = ErrorReport(Failed("bad"), .inD)
    var stream = "before\n"
    report.print(to: &stream, limit: 1)
    #expect(stream == "before\n" + report.format(limit: 1))
  }
}
