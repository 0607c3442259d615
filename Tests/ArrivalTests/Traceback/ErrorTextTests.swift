// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import Arrival

private struct Empty: Error {}
private struct Plain: Error { let id: Int }
private enum Choice: Error {
  case none
  case some(Int)
}
private final class Object: Error {}
private struct Debug: Error, CustomDebugStringConvertible { var debugDescription: String { "dbg" } }
private struct Box<Value: Sendable>: Error {}

/// The text of an error without its traceback.
@Suite struct ErrorTextTests {
  private func text(_ error: any Error) -> String { ErrorReport(error).errorText }

  @Test func `The type is named with its module, the message follows`() {
    #expect(text(Failed("bad")) == "ArrivalTests.Failed: bad")
    #expect(text(Oops(7)) == "ArrivalTests.Oops: Oops(number: 7)")
  }

  @Test func `Types of the standard library are named without their module`() {
    #expect(text(CancellationError()) == "CancellationError")
    let context = DecodingError.Context(codingPath: [], debugDescription: "no")
    #expect(text(DecodingError.dataCorrupted(context)).hasPrefix("DecodingError: "))
  }

  @Test func `A message that is empty or says no more than the type is left out`() {
    #expect(text(Failed("")) == "ArrivalTests.Failed")
    #expect(text(Empty()) == "ArrivalTests.Empty")
    #expect(text(Object()) == "ArrivalTests.Object")
    #expect(text(Unique()) == "ArrivalTests.Unique")
    #expect(text(Box<Int>()) == "ArrivalTests.Box<Swift.Int>")
  }

  @Test func `Without a description the value is printed`() {
    #expect(text(Plain(id: 3)) == "ArrivalTests.Plain: Plain(id: 3)")
    #expect(text(Choice.none) == "ArrivalTests.Choice: none")
    #expect(text(Choice.some(1)) == "ArrivalTests.Choice: some(1)")
    #expect(text(Debug()) == "ArrivalTests.Debug: dbg")
  }

  @Test func `A type inside a function has no address in its name`() {
    struct Local: Error {}
    #expect(!text(Local()).contains("$"))
    #expect(text(Local()).hasSuffix("Local"))
  }

  @Test func `Bridged errors have a text`() {
    #expect(text(NSError(domain: "domain", code: 7)).contains("NSError: "))
    #expect(text(CocoaError(.fileNoSuchFile)).contains("CocoaError"))
  }
}
