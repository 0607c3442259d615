// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArrivalFormats

  /// Edits one line in a terminal, with a history. This is pure: bytes of keys come in, and what to
  /// do comes out.
  struct LineEditor {
    enum OnKey: Equatable {
      case none
      /// The line or the cursor has changed.
      case redraw
      case clearScreen
      case submit(String)
      /// Ctrl-C: the line is given up.
      case giveUp
      /// Ctrl-D in an empty line.
      case endOfInput
    }

    private(set) var characters: [Character] = []
    private(set) var cursor = 0
    private let history: [String]
    /// The line of the history that is shown; after the last one stands the line being written.
    private var place: Int
    private var written: [Character] = []
    private var sequence: [UInt8] = []

    init(history: [String] = []) {
      self.history = history
      place = history.count
    }

    mutating func receive(_ byte: UInt8) -> OnKey {
      sequence.append(byte)
      if sequence[0] == 0x1B { return receiveEscape() }
      if sequence[0] >= 0x80 { return receiveUTF8() }
      sequence = []
      return receiveControl(byte)
    }

    private mutating func receiveControl(_ byte: UInt8) -> OnKey {
      switch byte {
      case 0x0A, 0x0D: return .submit(String(characters))
      case control("C"): return .giveUp
      case control("D"):
        if characters.isEmpty { return .endOfInput }
        return delete(cursor..<min(cursor + 1, characters.count))
      case control("A"): return move(to: 0)
      case control("E"): return move(to: characters.count)
      case control("B"): return move(to: cursor - 1)
      case control("F"): return move(to: cursor + 1)
      case control("P"): return show(place - 1)
      case control("N"): return show(place + 1)
      case control("H"), 0x7F: return delete(max(cursor - 1, 0)..<cursor)
      case control("K"): return delete(cursor..<characters.count)
      case control("U"): return delete(0..<cursor)
      case control("W"): return delete(startOfWord..<cursor)
      case control("L"): return .clearScreen
      // A tab would have to be drawn at its tab stop.
      case 0x09: return insert(" ")
      case 0x20..<0x7F: return insert(Character(Unicode.Scalar(byte)))
      default: return .none
      }
    }

    private func control(_ letter: Unicode.Scalar) -> UInt8 { UInt8(letter.value) & 0x1F }

    /// The keys that terminals send as an escape sequence: ESC [ A, ESC O A, ESC [ 3 ~.
    private mutating func receiveEscape() -> OnKey {
      guard sequence.count > 1 else { return .none }
      guard sequence[1] == UInt8(ascii: "[") || sequence[1] == UInt8(ascii: "O") else {
        // Alt with another key.
        sequence = []
        return .none
      }
      guard sequence.count > 2, let last = sequence.last, 0x40...0x7E ~= last else {
        // No key sends more.
        if sequence.count > 16 { sequence = [] }
        return .none
      }
      let name = String(decoding: sequence.dropFirst(2), as: UTF8.self)
      sequence = []
      switch name {
      case "A": return show(place - 1)
      case "B": return show(place + 1)
      case "C": return move(to: cursor + 1)
      case "D": return move(to: cursor - 1)
      case "H", "1~", "7~": return move(to: 0)
      case "F", "4~", "8~": return move(to: characters.count)
      case "3~": return delete(cursor..<min(cursor + 1, characters.count))
      case "1;5C": return move(to: endOfWord)
      case "1;5D": return move(to: startOfWord)
      default: return .none
      }
    }

    private mutating func receiveUTF8() -> OnKey {
      if let last = sequence.last, sequence.count > 1, last & 0xC0 != 0x80 {
        // The character is broken, and a whole one follows.
        sequence = []
        return receive(last)
      }
      let length = sequence[0] >= 0xF0 ? 4 : sequence[0] >= 0xE0 ? 3 : 2
      if sequence.count < length { return .none }
      let text = String(validating: sequence, as: UTF8.self)
      sequence = []
      guard let scalar = text?.unicodeScalars.first, !Escaped.isControl(scalar) else {
        return .none
      }
      return insert(Character(scalar))
    }

    /// Inserts a character, which may combine with the one before it.
    private mutating func insert(_ character: Character) -> OnKey {
      if cursor > 0 {
        let combined = String(characters[cursor - 1]) + String(character)
        if combined.count == 1 {
          characters[cursor - 1] = Character(combined)
          return .redraw
        }
      }
      characters.insert(character, at: cursor)
      cursor += 1
      return .redraw
    }

    private mutating func move(to place: Int) -> OnKey {
      cursor = min(max(place, 0), characters.count)
      return .redraw
    }

    private mutating func delete(_ range: Range<Int>) -> OnKey {
      characters.removeSubrange(range)
      cursor = range.lowerBound
      return .redraw
    }

    private mutating func show(_ other: Int) -> OnKey {
      guard 0...history.count ~= other, other != place else { return .none }
      if place == history.count { written = characters }
      place = other
      characters = other == history.count ? written : Array(history[other])
      cursor = characters.count
      return .redraw
    }

    private var startOfWord: Int {
      var place = cursor
      while place > 0, characters[place - 1] == " " { place -= 1 }
      while place > 0, characters[place - 1] != " " { place -= 1 }
      return place
    }

    private var endOfWord: Int {
      var place = cursor
      while place < characters.count, characters[place] == " " { place += 1 }
      while place < characters.count, characters[place] != " " { place += 1 }
      return place
    }

    /// The part of the line that a terminal shows, with the cursor in it, and the columns before
    /// the cursor. A long line is shown around its cursor.
    func visible(width: Int) -> (text: String, before: Int) {
      var start = cursor
      var before = 0
      while start > 0, before + DisplayWidth.of(characters[start - 1]) < width {
        start -= 1
        before += DisplayWidth.of(characters[start])
      }
      var end = cursor
      var columns = before
      while end < characters.count, columns + DisplayWidth.of(characters[end]) < width {
        columns += DisplayWidth.of(characters[end])
        end += 1
      }
      return (String(characters[start..<end]), before)
    }
  }
#endif
