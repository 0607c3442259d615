// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import Arrival

/// The source lines below frames.
@Suite struct SourceLineTests {
  typealias Frame = Traceback.Frame

  private func sourceLine(_ line: Int, of file: String) -> String? {
    var reader = SourceReader()
    return reader.line(line, of: file)
  }

  /// Calls `body` with the path of a file of this content.
  private func withFile(_ content: [UInt8], _ body: (String) throws -> Void) throws {
    let path = NSTemporaryDirectory() + "/arrival-\(UUID().uuidString).swift"
    #expect(FileManager.default.createFile(atPath: path, contents: Data(content)))
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }

  private func withFile(_ content: String, _ body: (String) throws -> Void) throws {
    try withFile(Array(content.utf8), body)
  }

  @Test func `The line is below the frame, without the white space around it`() throws {
    try withFile("func d() {\r\n\t throw Oops() // é  \r\n\n}") { path in
      let traceback = Traceback(frames: [
        Frame(function: "main", file: "App/x.swift", line: 2),
        Frame(function: "d", file: path, line: 2),
        Frame(function: "d", file: path, line: 3),
        Frame(function: "d", file: path, line: 4),
      ])
      #expect(
        traceback.format() == """
          Traceback (most recent call last):
            File "App/x.swift", line 2, in main
            File "\(path)", line 2, in d
              throw Oops() // é
            File "\(path)", line 3, in d
            File "\(path)", line 4, in d
              }

          """)
      var options = Traceback.FormatOptions.default
      options.includesSource = false
      #expect(traceback.format(options: options).split(separator: "\n").count == 5)
    }
  }

  @Test func `This very line can be shown`() {
    #expect(sourceLine(#line, of: #filePath)?.hasPrefix("#exp") == true)
  }

  @Test func `Repeated lines are shown three times`() throws {
    try withFile("f()\n") { path in
      let frame = Frame(function: "f", file: path, line: 1)
      let text = Traceback(frames: Array(repeating: frame, count: 5)).format()
      #expect(text.split(separator: "\n").count { $0 == "    f()" } == 3)
      #expect(text.hasSuffix("    f()\n  [Previous line repeated 2 more times]\n"))
    }
  }

  @Test func `A line that does not exist is left out`() throws {
    try withFile("one\n") { path in
      for line in [Int.min, -1, 0, 2, 3, .max] {
        #expect(sourceLine(line, of: path) == nil)
      }
      #expect(sourceLine(1, of: path) == "one")
    }
    for file in ["", "/", "/dev/zero", "/nowhere/x.swift", "relative.swift"] {
      #expect(sourceLine(1, of: file) == nil)
    }
  }

  @Test func `A pipe without a writer is not waited for`() throws {
    let path = NSTemporaryDirectory() + "/arrival-\(UUID().uuidString).pipe"
    try #require(mkfifo(path, 0o600) == 0)
    defer { unlink(path) }
    #expect(sourceLine(1, of: path) == nil)
  }

  @Test func `Invalid UTF-8 is shown with replacement characters`() throws {
    try withFile([0x61, 0xFF, 0x62, 0x0A]) { path in
      #expect(sourceLine(1, of: path) == "a\u{FFFD}b")
    }
  }

  @Test func `A file that changed is read anew`() throws {
    try withFile("old\n") { path in
      let frame = Frame(function: "f", file: path, line: 1)
      #expect(Traceback(frames: [frame]).format().contains("    old\n"))
      try Data("new\n".utf8).write(to: URL(fileURLWithPath: path))
      #expect(Traceback(frames: [frame]).format().contains("    new\n"))
    }
  }

  @Test func `A file too large for source is not read`() throws {
    try withFile(Array(repeating: 0x61, count: (8 << 20) + 1)) { path in
      #expect(sourceLine(1, of: path) == nil)
    }
  }
}
