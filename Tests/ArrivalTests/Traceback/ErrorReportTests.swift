// SPDX-License-Identifier: Apache-2.0
import Arrival
import Testing

/// The text of an error with its causes.
@Suite struct ErrorReportTests {
  @Test func `The error is below its traceback`() {
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

  @Test func `The cause is above the error`() {
    let report = ErrorReport(Failed("outer", cause: Failed("inner")), .inMain)
    #expect(
      report.format() == """
        ArrivalTests.Failed: inner

        The error above led to this error:

        Traceback (most recent call last):
          File "x.swift", line 7, in main
        ArrivalTests.Failed: outer

        """)
    #expect(report.causes.map { "\($0.error)" } == ["inner"])
  }

  @Test func `Given causes replace the error's own, and a limit applies to each traceback`() {
    let own = Failed("error", cause: Failed("own"))
    let report = ErrorReport(own, .inD, causes: [ErrorReport(Failed("given"), .inD)])
    #expect(
      report.format(limit: -1) == """
        Traceback (most recent call last):
          File "x.swift", line 12, in d
        ArrivalTests.Failed: given

        The error above led to this error:

        Traceback (most recent call last):
          File "x.swift", line 12, in d
        ArrivalTests.Failed: error

        """)
  }

  @Test func `Several causes are shown in their order, each below its own causes`() {
    let causes = [
      ErrorReport(Failed("one"), .inMain),
      ErrorReport(Failed("two", cause: Failed("before two"))),
      ErrorReport(Failed("three")),
    ]
    #expect(
      ErrorReport(Failed("all failed", causes: causes)).format() == """
        Traceback (most recent call last):
          File "x.swift", line 7, in main
        ArrivalTests.Failed: one

        ArrivalTests.Failed: before two

        The error above led to this error:

        ArrivalTests.Failed: two

        ArrivalTests.Failed: three

        The 3 errors above led to this error:

        ArrivalTests.Failed: all failed

        """)
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
    #expect(text.hasPrefix("ArrivalTests.Failed: worse\n\nThe error above led"))
    #expect(ErrorReport(Future(value: 1)) == nil)
    let any: any AnyFuture = promise.future
    #expect(ErrorReport(any) != nil)
  }

  @Test func `A cause whose report was kept shows where it came from`() throws {
    let user = Promise<Int>("user 7")
    user.fail(Failed("closed"))
    let line = #line - 2
    let request = Future("request") {
      do { return try await user.future.getResult() } catch {
        throw Failed("no user", causes: [ErrorReport(user.future)].compactMap(\.self))
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
      "The error above led to this error:",
      "Traceback (most recent call last):",
      "\(place), line \(line + 3), in \(#function) (future \"request\" created)",
    ]
    #expect(lines.prefix(texts.count).map(String.init) == texts)
    #expect(lines.last == "ArrivalTests.Failed: no user")
  }
}
