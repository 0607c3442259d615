// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import Testing

@testable internal import ArrivalFormats

/// Random tables, divided into chunks at random. A failure names the seed that makes its table.
@Suite struct RandomTableTests {
  static let quotings: [Dialect.Quoting] = [.acrossLines, .withinLine]

  @Test(arguments: 0..<400)
  func `The events do not depend on how the table is divided into chunks`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    // With few different bytes, quotes, line ends and broken UTF-8 meet in every combination.
    let alphabet = Array("\"\"\",,\n\n\r ab".utf8) + [0xC3, 0xA4]
    let body = (0..<Int.random(in: 0...200, using: &generator)).map { _ in
      alphabet.randomElement(using: &generator)!
    }
    let table =
      (Bool.random(using: &generator) ? [0xEF, 0xBB, 0xBF] : []) + Array("a,b\n".utf8) + body
    let configuration = TableParser.Configuration(
      quoting: Self.quotings.randomElement(using: &generator),
      maxRowLength: Bool.random(using: &generator)
        ? 1 << 20 : Int.random(in: 6...30, using: &generator))

    let whole = parse(table, configuration)
    #expect(parse(table, configuration, nextChunkSize: { 1 }) == whole)
    for _ in 0..<4 {
      let largest = Int.random(in: 1...40, using: &generator)
      let split = parse(
        table, configuration, nextChunkSize: { Int.random(in: 1...largest, using: &generator) })
      #expect(split == whole)
    }
  }

  @Test(arguments: 0..<100)
  func `Line numbers only increase, and every row has as many fields as the header`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let alphabet = Array("\"\"\",,\n\n\r ab".utf8)
    let body = (0..<300).map { _ in alphabet.randomElement(using: &generator)! }
    let parsed = parse(Array("a,b\n".utf8) + body, .init(maxRowLength: 40))
    let lines = parsed.events.map { event in
      switch event {
      case .header(let header): header.line
      case .row(let row): row.line
      case .malformed(let row): row.line
      case .note(let note): note.line
      }
    }
    #expect(zip(lines, lines.dropFirst()).allSatisfy(<))
    #expect((lines.last ?? 0) <= 2 + body.count { $0 == .lineFeed || $0 == .carriageReturn })
    #expect(parsed.fields.allSatisfy { $0.count == 2 })
  }

  @Test(arguments: 0..<100)
  func `A table that is written and read again has the same rows`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let delimiter = [",", ";", "\t", "|"].randomElement(using: &generator)!
    let lineEnd = ["\n", "\r\n"].randomElement(using: &generator)!
    let columns = Int.random(in: 2...6, using: &generator)
    let pieces = [
      "", "a", "\"", "\"\"", ",", ";", "\t", "|", "\n", "\r\n", "\r", " ", "ß", "日本", "🇨🇭",
    ]
    let rows = (0..<Int.random(in: 1...40, using: &generator)).map { _ in
      (0..<columns).map { _ in
        (0..<Int.random(in: 0...5, using: &generator))
          .map { _ in pieces.randomElement(using: &generator)! }.joined()
      }
    }
    let header = (1...columns).map { "column \($0)" }
    var text = ""
    var line = 1
    var expected: [TableRow] = []
    for (index, fields) in ([header] + rows).enumerated() {
      let written = fields.map { field -> String in
        let mustQuote =
          field.utf8.contains { [0x22, 0x0A, 0x0D].contains($0) }
          || field.contains(delimiter) || Bool.random(using: &generator)
        guard mustQuote else { return field }
        return "\"" + field.utf8Replacing("\"", with: "\"\"") + "\""
      }
      let row = written.joined(separator: delimiter)
      if index > 0 { expected.append(TableRow(line: line, fields: fields)) }
      text += row + lineEnd
      line +=
        1
        + row.replacing("\r\n", with: "\n").utf8.count { $0 == .lineFeed || $0 == .carriageReturn }
    }
    let configuration = TableParser.Configuration(
      delimiter: Delimiter(argument: delimiter), quoting: .acrossLines)
    let parsed = parse(
      text.utf8, configuration, nextChunkSize: { Int.random(in: 1...64, using: &generator) })
    // No row is blank, even if its fields are spaces: there are at least two columns.
    #expect(parsed.rows == expected)
    #expect(parsed.malformed.isEmpty)
  }

  @Test(arguments: 0..<100)
  func `Malformed rows are reported with their lines, and all other rows are read`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var text = "a,b\n"
    var line = 2
    var good: [Int] = []
    var bad: [MalformedRow] = []
    for _ in 0..<200 {
      switch Int.random(in: 0..<8, using: &generator) {
      case 0:
        text += "1,2,3\n"
        bad.append(MalformedRow(line: line, reason: .fieldCount(expected: 2, found: 3)))
        line += 1
      case 1:
        text += "\"x\"y,2\n"
        bad.append(MalformedRow(line: line, reason: .strayCharacter(line: line)))
        line += 1
      case 2:
        text += "\n"
        line += 1
      case 3:
        text += "\"x\n\ny\",2\r\n"
        good.append(line)
        line += 3
      case 4:
        text += "1," + String(repeating: "x", count: 100) + "\n"
        bad.append(MalformedRow(line: line, reason: .tooLong(limit: 50, openedOn: nil)))
        line += 1
      default:
        text += "1,2\n"
        good.append(line)
        line += 1
      }
    }
    let parsed = parse(
      text.utf8, .init(maxRowLength: 50),
      nextChunkSize: { Int.random(in: 1...300, using: &generator) })
    #expect(parsed.rows.map(\.line) == good)
    #expect(parsed.malformed == bad)
  }

  @Test(.timeLimit(.minutes(1)))
  func `A million lines that each have an open quote cost linear time`() {
    let parsed = parse(
      Array("a,b\n".utf8) + Array(repeatElement(Array("1,\"x\n".utf8), count: 1_000_000).joined()))
    // The quote on the next line closes each quote, with text after it. Nothing closes the last.
    #expect(parsed.malformed.count == 1_000_000)
    #expect(parsed.malformed.last?.reason == .unterminatedQuote(openedOn: 1_000_001))
  }
}

extension String {
  /// Replaces bytes, because a quote and a combining mark after it are one character.
  fileprivate func utf8Replacing(_ target: Character, with replacement: String) -> String {
    let byte = target.asciiValue!
    let bytes = utf8.flatMap { $0 == byte ? Array(replacement.utf8) : [$0] }
    return String(decoding: bytes, as: UTF8.self)
  }
}
