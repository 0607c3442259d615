// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import Testing

@testable internal import ArrivalFormats

@Suite struct ProgressLineTests {
  let start = ContinuousClock.now

  @Test func `The first text is written at once, and later texts at most once per interval`() {
    var line = ProgressLine()
    #expect(line.update("a", at: start) != nil)
    #expect(line.update("b", at: start + .milliseconds(99)) == nil)
    #expect(line.update("c", at: start + .milliseconds(100)) != nil)
    #expect(line.update("d", at: start + .milliseconds(150)) == nil)
    #expect(line.update("e", at: start + .milliseconds(200)) != nil)
  }

  @Test func `A line that is updated constantly is written ten times a second`() {
    var line = ProgressLine()
    let written = (0..<100_000).count { step in
      line.update("\(step)", at: start + .microseconds(step * 10)) != nil
    }
    #expect(written == 10)
  }

  @Test func `Spaces cover a longer text, and the cursor is left after the new text`() {
    var line = ProgressLine(interval: .zero)
    #expect(line.update("12345", at: start) == "\r12345")
    #expect(line.update("67", at: start) == "\r67   \r67")
    #expect(line.update("8", at: start) == "\r8 \r8")
  }

  @Test func `A text that would wrap is cut`() {
    var line = ProgressLine(width: 3)
    #expect(line.update("12345", at: start) == "\r123")
    #expect(line.clear() == "\r   \r")
  }

  @Test func `A cleared line is empty, and the next text is written at once`() {
    var line = ProgressLine()
    #expect(line.clear() == nil)
    _ = line.update("abc", at: start)
    #expect(line.clear() == "\r   \r")
    #expect(line.clear() == nil)
    #expect(line.update("d", at: start + .milliseconds(1)) == "\rd")
  }

  @Test func `A status has the activity, the amount and, after half a second, the rate`() {
    let early = ProgressLine.Status(
      activity: "Storing", done: 1, total: nil, elapsed: .milliseconds(499))
    #expect(early.text == "Storing: 1 row")
    let late = ProgressLine.Status(
      activity: "Reading back", done: 120_000, total: 1_000_000, elapsed: .seconds(2))
    #expect(late.text == "Reading back: 120,000 of 1,000,000 rows, 12%, 60,000 a second, 15 s left")
  }

  @Test(arguments: [
    (0.005, "0%, 10 a second"), (0.5, "50%, 10 a second, 10 s left"),
    (0.1, "10%, 10 a second, 1 min 30 s left"), (0.0125, "1%, 10 a second, 13 min 10 s left"),
    (1, "100%, 10 a second"),
  ])
  func `A known fraction gives the percentage and the time that is left`(
    fraction: Double, text: String
  ) {
    let status = ProgressLine.Status(
      activity: "Importing", done: 100, fraction: fraction, elapsed: .seconds(10))
    #expect(status.text == "Importing: 100 rows, \(text)")
  }
}

@Suite struct ProgressPrinterTests {
  static func status(_ done: Int) -> ProgressLine.Status {
    .init(activity: "Storing", done: done, total: nil, elapsed: .zero)
  }

  @Test func `In a pipe only logged lines are written, and the clock is not read`() throws {
    let pipe = Pipe()
    let printer = ProgressPrinter(descriptor: pipe.fileHandleForWriting.fileDescriptor)
    var asked = 0
    func now() -> ContinuousClock.Instant {
      asked += 1
      return .now
    }
    printer.update(at: now(), Self.status(1))
    printer.log("line 2: wrong")
    printer.clear()
    try pipe.fileHandleForWriting.close()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    #expect(String(decoding: output, as: UTF8.self) == "line 2: wrong\n")
    #expect(asked == 0)
  }

  @Test func `On a terminal one line is rewritten, and logged lines appear above it`() throws {
    let pipe = Pipe()
    let printer = ProgressPrinter(
      descriptor: pipe.fileHandleForWriting.fileDescriptor, isTerminal: true)
    let start = ContinuousClock.now
    printer.update(at: start, Self.status(10))
    printer.update(at: start + .milliseconds(50), Self.status(11))
    printer.update(at: start + .milliseconds(100), Self.status(2))
    printer.log("wrong")
    printer.clear()

    try pipe.fileHandleForWriting.close()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    let blank = String(repeating: " ", count: 15)
    #expect(
      String(decoding: output, as: UTF8.self)
        == "\rStoring: 10 rows\rStoring: 2 rows \rStoring: 2 rows\r\(blank)\rwrong\n")
  }
}
