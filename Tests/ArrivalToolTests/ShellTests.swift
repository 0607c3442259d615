// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Foundation
  import Testing

  @testable import ArrivalTool

  /// The parts of the shell without a terminal.
  struct ShellTests {
    private func statements(_ text: String) -> [String] {
      var splitter = StatementSplitter()
      splitter.append(text)
      splitter.finish()
      return splitter.statements
    }

    @Test func `Semicolons divide statements, except in quotes and comments`() {
      #expect(statements("a;b") == ["a", "  b"])
      #expect(statements("a ';' \";\" `;` 'x\\';'") == ["a ';' \";\" `;` 'x\\';'"])
      #expect(statements("'it''s;';b") == ["'it''s;'", "         b"])
      #expect(statements("a -- b;c\nd;") == ["a       \nd"])
      #expect(statements("a - -1 '--';") == ["a - -1 '--'"])
      #expect(statements(" ;\n; -- x").isEmpty)
      // An open quote ends with its line, so it does not swallow the rest of a file.
      #expect(statements("'a\n;b") == ["'a\n", "\n b"])
    }

    private func typed(_ keys: String, history: [String] = []) -> LineEditor {
      var editor = LineEditor(history: history)
      for byte in keys.utf8 { _ = editor.receive(byte) }
      return editor
    }

    @Test func `Keys edit the line`() {
      #expect(String(typed("abc\u{1B}[D\u{1B}[Dx").characters) == "axbc")
      #expect(String(typed("abc\u{7F}\u{8}").characters) == "a")
      #expect(String(typed("abc\u{1}x\u{5}y").characters) == "xabcy")
      #expect(String(typed("abc\u{1B}[H\u{1B}[3~").characters) == "bc")
      #expect(String(typed("one two \u{17}x").characters) == "one x")
      #expect(String(typed("one two\u{1B}[1;5D\u{B}").characters) == "one ")
      #expect(String(typed("abc\u{15}d").characters) == "d")
      #expect(String(typed("日e\u{301}🇨🇭\u{7F}").characters) == "日e\u{301}")
      // Neither broken UTF-8 nor characters that a terminal would obey get into the line.
      #expect(String(typed("a\u{202E}\u{9B}\u{0}b").characters) == "ab")
      var editor = typed("a")
      for byte: UInt8 in [0xE6, 0x41, 0xFF, 0x62] { _ = editor.receive(byte) }
      #expect(String(editor.characters) == "aAb")
    }

    @Test func `The arrow keys go through the history and back to the line`() {
      let history = ["one", "two"]
      #expect(String(typed("x\u{1B}[A", history: history).characters) == "two")
      #expect(String(typed("x\u{1B}OA\u{10}\u{10}", history: history).characters) == "one")
      #expect(String(typed("x\u{1B}[A\u{1B}[B", history: history).characters) == "x")
      #expect(String(typed("\u{1B}[B", history: history).characters) == "")
    }

    @Test func `Keys that end a line say so`() {
      var editor = typed("abc")
      #expect(editor.receive(0x04) == .redraw)
      #expect(editor.receive(0x03) == .giveUp)
      #expect(editor.receive(0x0D) == .submit("abc"))
      var empty = LineEditor()
      #expect(empty.receive(0x04) == .endOfInput)
    }

    @Test func `A long line is shown around its cursor`() {
      let text = String(repeating: "0123456789", count: 10)
      for left in [0, 1, 30, 99, 100] {
        let editor = typed(text + String(repeating: "\u{1B}[D", count: left))
        let (shown, before) = editor.visible(width: 20)
        #expect(shown.count < 20 && before < 20)
        let cursor = text.index(text.startIndex, offsetBy: 100 - left)
        #expect(text[..<cursor].hasSuffix(shown.prefix(before)))
        #expect(text[cursor...].hasPrefix(shown.dropFirst(before)))
      }
    }

    @Test func `The history is kept in a file that only its owner can read`() throws {
      let folder = try ToolFolder()
      let path = folder.url.appendingPathComponent("state/arrival/history").path
      var history = History(path: path)
      for line in ["a", "b", "b", "  "] { history.add(line) }
      #expect(History(path: path).lines == ["a", "b"])
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      #expect(attributes[.posixPermissions] as? Int == 0o600)
      for number in 1...History.limit { history.add("\(number)") }
      #expect(History(path: path).lines.count == History.limit)
      #expect(History(path: path).lines.last == "\(History.limit)")
    }
  }
#endif
