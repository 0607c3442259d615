import Arrival
import Foundation
import Testing

private struct Empty: Error {}
private struct Plain: Error { let id: Int }
private enum Choice: Error {
  case none
  case some(Int)
}
private final class Object: Error {}
private struct Debug: Error, CustomDebugStringConvertible { var debugDescription: String { "dbg" } }
private struct Box<Value: Sendable>: Error {}

/// How an error is named and what it says.
@Suite struct ErrorTextTests {
  private func text(_ error: any Error) -> String { ErrorReport(error).formatErrorOnly() }

  @Test func `The type is named with its module, the message follows`() {
    #expect(text(Failed("bad")) == "ArrivalTests.Failed: bad\n")
    #expect(text(Oops(7)) == "ArrivalTests.Oops: Oops(number: 7)\n")
  }

  @Test func `Swift's own types are named without, as Python's own are`() {
    #expect(text(CancellationError()) == "CancellationError\n")
    let context = DecodingError.Context(codingPath: [], debugDescription: "no")
    #expect(text(DecodingError.dataCorrupted(context)).hasPrefix("DecodingError: "))
  }

  @Test func `A message that is empty or says no more than the type is left out`() {
    #expect(text(Failed("")) == "ArrivalTests.Failed\n")
    #expect(text(Empty()) == "ArrivalTests.Empty\n")
    #expect(text(Object()) == "ArrivalTests.Object\n")
    #expect(text(Unique()) == "ArrivalTests.Unique\n")
    #expect(text(Box<Int>()) == "ArrivalTests.Box<Swift.Int>\n")
  }

  @Test func `Without a description the value is printed`() {
    #expect(text(Plain(id: 3)) == "ArrivalTests.Plain: Plain(id: 3)\n")
    #expect(text(Choice.none) == "ArrivalTests.Choice: none\n")
    #expect(text(Choice.some(1)) == "ArrivalTests.Choice: some(1)\n")
    #expect(text(Debug()) == "ArrivalTests.Debug: dbg\n")
  }

  @Test func `A type inside a function has no address in its name`() {
    struct Local: Error {}
    #expect(!text(Local()).contains("$"))
    #expect(text(Local()).hasSuffix("Local\n"))
  }

  @Test func `Bridged errors have a text`() {
    #expect(text(NSError(domain: "domain", code: 7)).contains("NSError: "))
    #expect(text(CocoaError(.fileNoSuchFile)).contains("CocoaError"))
  }

  @Test func `Notes follow the message`() {
    var report = ErrorReport(Failed("one\ntwo"))
    report.notes = ["noted", "more\nlines"]
    #expect(report.formatErrorOnly() == "ArrivalTests.Failed: one\ntwo\nnoted\nmore\nlines\n")
  }
}
