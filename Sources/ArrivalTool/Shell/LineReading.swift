// SPDX-License-Identifier: Apache-2.0
#if SQLite
  private import ArrivalFormats
  private import Foundation

  #if canImport(Darwin)
    private import Darwin
  #elseif canImport(Glibc)
    private import Glibc
  #elseif canImport(Musl)
    private import Musl
  #endif

  /// Reads lines from standard input: in a terminal with editing and history, otherwise as they
  /// come.
  struct LineReading {
    enum Line: Equatable {
      case text(String)
      /// Ctrl-C.
      case givenUp
      case end
    }

    private let isEditing: Bool
    private var history: History

    init(isInteractive: Bool) {
      // A dumb terminal cannot go back in a line.
      isEditing = isInteractive && ProcessInfo.processInfo.environment["TERM"] ?? "dumb" != "dumb"
      history = isInteractive ? History() : History(path: nil)
    }

    /// The next line; blocks until there is one.
    mutating func next(prompt: String) throws -> Line {
      if !isEditing {
        if isatty(STDIN_FILENO) == 1 { Self.write(prompt) }
        return Swift.readLine().map { .text($0) } ?? .end
      }
      let line = try edit(prompt)
      if case .text(let text) = line { history.add(text) }
      return line
    }

    private func edit(_ prompt: String) throws -> Line {
      var original = termios()
      guard tcgetattr(STDIN_FILENO, &original) == 0 else {
        return Swift.readLine().map { .text($0) } ?? .end
      }
      var raw = original
      raw.c_iflag &= ~tcflag_t(ICRNL | IXON | BRKINT | ISTRIP)
      raw.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG | IEXTEN)
      tcsetattr(STDIN_FILENO, TCSADRAIN, &raw)
      defer {
        tcsetattr(STDIN_FILENO, TCSADRAIN, &original)
        Self.write("\n")
      }
      var editor = LineEditor(history: history.lines)
      Self.draw(editor, prompt)
      while true {
        var byte: UInt8 = 0
        let count = read(STDIN_FILENO, &byte, 1)
        if count < 0, errno == EINTR { continue }
        guard count == 1 else { return .end }
        switch editor.receive(byte) {
        case .none: break
        case .redraw: Self.draw(editor, prompt)
        case .clearScreen:
          Self.write("\u{1B}[H\u{1B}[2J")
          Self.draw(editor, prompt)
        case .submit(let text): return .text(text)
        case .giveUp:
          Self.write("^C")
          return .givenUp
        case .endOfInput: return .end
        }
      }
    }

    private static func draw(_ editor: LineEditor, _ prompt: String) {
      let room = max(8, (Terminal.width ?? 80) - prompt.count)
      let (text, before) = editor.visible(width: room)
      let column = prompt.count + before
      write("\r\(prompt)\(text)\u{1B}[K\r" + (column > 0 ? "\u{1B}[\(column)C" : ""))
    }

    private static func write(_ text: String) {
      var output = Output()
      output.append(text)
      // A terminal that is gone ends the input too.
      try? output.flush()
    }
  }
#endif
