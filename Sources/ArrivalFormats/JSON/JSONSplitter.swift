// SPDX-License-Identifier: Apache-2.0
/// Divides a text into its JSON values, without reading the values. A value without effects.
///
/// It counts brackets and follows strings, and leaves everything else to ``JSONReader``.
struct JSONSplitter {
  /// How values are arranged in a text.
  enum Form {
    case lines, array, sequence

    /// - Returns: `nil` if more bytes are needed to tell.
    init?(_ beginning: ByteQueue, isLast: Bool) {
      let form = beginning.withBytes { bytes -> Form? in
        guard isLast || bytes.count >= 3 else { return nil }
        var rest = bytes[...]
        if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
        rest = rest.drop(while: JSONSplitter.isSpace)
        guard let first = rest.first else { return nil }
        if first == UInt8(ascii: "[") { return .array }
        guard first == UInt8(ascii: "{") else { return .lines }
        guard let line = Self.firstLine(of: rest, isLast: isLast) else { return nil }
        // No object ends like this, so it goes on in the next line.
        guard Self.isOpen(line) else { return .lines }
        let others = rest[line.endIndex...].drop { $0 == .lineFeed || $0 == .carriageReturn }
        guard let second = Self.firstLine(of: others, isLast: isLast) else { return nil }
        // Unless that is a whole object: then the first line is broken, and the others are not.
        let isObject =
          second.first == UInt8(ascii: "{")
          && second.last { !JSONSplitter.isSpace($0) } == UInt8(ascii: "}")
        return isObject ? .lines : .sequence
      }
      guard let form else { return nil }
      self = form
    }

    /// - Returns: `nil` if more bytes are needed. A line of 64 KiB is long enough.
    private static func firstLine(
      of bytes: Slice<UnsafeBufferPointer<UInt8>>, isLast: Bool
    ) -> Slice<UnsafeBufferPointer<UInt8>>? {
      if let end = bytes.firstIndex(where: { $0 == .lineFeed || $0 == .carriageReturn }) {
        return bytes[..<end]
      }
      return isLast || bytes.count >= 1 << 16 ? bytes : nil
    }

    /// Whether a line ends with a bracket that opens, a comma or a colon.
    private static func isOpen(_ line: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
      guard let last = line.last(where: { !JSONSplitter.isSpace($0) }) else { return false }
      return "{[,:".utf8.contains(last)
    }
  }

  /// A place in a text, counted from 1. Columns are bytes.
  struct Place {
    var line = 1
    var column = 1
    private var followsReturn = false

    init(line: Int, column: Int) {
      self.line = line
      self.column = column
    }

    mutating func pass(_ byte: UInt8) {
      switch byte {
      case .lineFeed where followsReturn: break
      case .lineFeed, .carriageReturn:
        line += 1
        column = 1
      default: column += 1
      }
      followsReturn = byte == .carriageReturn
    }
  }

  /// The text of a value; `bytes` is `nil` if it is too long.
  struct Text {
    var line: Int
    var column: Int
    var bytes: [UInt8]?
  }

  /// What is wrong between values.
  struct Problem: Error {
    var line: Int
    var column: Int
    var message: String
  }

  private enum State {
    case beforeArray
    /// Before a value. In an array, `isFirst` says whether it may be closed here.
    case beforeValue(isFirst: Bool)
    case inValue(Scan)
    case afterValue
    case afterArray
  }

  /// How far a value was searched for its end.
  private struct Scan {
    let start: Place
    var length = 0
    var depth = 0
    var isInString = false
    var isEscaped = false
    /// The beginning of the value was dropped, because it is too long.
    var isTooLong = false
  }

  private let isArray: Bool
  private var pending: ByteQueue
  private var place = Place(line: 1, column: 1)
  private var state: State

  init(_ beginning: ByteQueue, isArray: Bool) {
    pending = beginning
    self.isArray = isArray
    state = isArray ? .beforeArray : .beforeValue(isFirst: true)
  }

  mutating func append(_ bytes: UnsafeRawBufferPointer) { pending.append(bytes) }

  static func isSpace(_ byte: UInt8) -> Bool {
    byte == .space || byte == .tab || byte == .lineFeed || byte == .carriageReturn
  }

  /// The next value, or `nil` if more bytes are needed. At the end of the text, `nil` means that
  /// there are no more values.
  mutating func next(isLast: Bool) throws(Problem) -> Text? {
    while true {
      if case .inValue(let scan) = state {
        guard let text = takeValue(scan, isLast: isLast) else { return nil }
        return text
      }
      skipSpace()
      guard let byte = pending.withBytes({ $0.first }) else {
        guard isLast else { return nil }
        try checkEnd()
        return nil
      }
      try step(byte)
    }
  }

  private mutating func step(_ byte: UInt8) throws(Problem) {
    switch state {
    case .beforeArray:
      skip()
      state = .beforeValue(isFirst: true)
    case .beforeValue(isFirst: true) where isArray && byte == UInt8(ascii: "]"):
      skip()
      state = .afterArray
    case .beforeValue:
      if byte == .comma || byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") {
        throw problem("expected a value")
      }
      state = .inValue(Scan(start: place))
    case .afterValue where !isArray:
      state = .beforeValue(isFirst: false)
    case .afterValue:
      guard byte == .comma || byte == UInt8(ascii: "]") else {
        throw problem("expected \",\" or \"]\" after an element of the array")
      }
      skip()
      state = byte == .comma ? .beforeValue(isFirst: false) : .afterArray
    case .afterArray:
      throw problem(
        "there is more text after the array; put one value on each line, or all into one array")
    case .inValue: break
    }
  }

  private func checkEnd() throws(Problem) {
    switch state {
    case .beforeArray, .afterArray: return
    case .beforeValue, .afterValue:
      if isArray { throw problem("the array is not closed; the file may have been cut off") }
    case .inValue: return
    }
  }

  /// Takes a value whose end is in the pending bytes. At the end of the text, an unfinished value
  /// is taken too, for its reader to complain.
  private mutating func takeValue(_ scan: Scan, isLast: Bool) -> Text? {
    var scan = scan
    let end = pending.withBytes { Self.end(of: &scan, in: $0) }
    if let end { return take(scan, end) }
    if pending.count > LineReader.maxLength {
      skip(pending.count)
      scan.length = 0
      scan.isTooLong = true
    }
    if isLast { return take(scan, pending.count) }
    state = .inValue(scan)
    return nil
  }

  private mutating func take(_ scan: Scan, _ length: Int) -> Text {
    let isTooLong = scan.isTooLong || length > LineReader.maxLength
    let bytes = isTooLong ? nil : pending.withBytes { Array($0[..<length]) }
    skip(length)
    state = .afterValue
    return Text(line: scan.start.line, column: scan.start.column, bytes: bytes)
  }

  private static func end(
    of scan: inout Scan, in bytes: UnsafeBufferPointer<UInt8>
  ) -> Int? {
    while scan.length < bytes.count {
      let byte = bytes[scan.length]
      if scan.isInString {
        if scan.isEscaped {
          scan.isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          scan.isEscaped = true
        } else if byte == .quote {
          scan.isInString = false
          if scan.depth == 0 { return scan.length + 1 }
        }
      } else {
        switch byte {
        case .quote: scan.isInString = true
        case UInt8(ascii: "{"), UInt8(ascii: "["): scan.depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
          if scan.depth == 0 { return scan.length }
          scan.depth -= 1
          if scan.depth == 0 { return scan.length + 1 }
        case .comma where scan.depth == 0: return scan.length
        case _ where scan.depth == 0 && isSpace(byte): return scan.length
        default: break
        }
      }
      scan.length += 1
    }
    return nil
  }

  private func problem(_ message: String) -> Problem {
    Problem(line: place.line, column: place.column, message: message)
  }

  private mutating func skipSpace() {
    let count = pending.withBytes { $0.prefix(while: Self.isSpace).count }
    skip(count)
  }

  private mutating func skip(_ count: Int = 1) {
    var place = place
    pending.withBytes { bytes in for byte in bytes[..<count] { place.pass(byte) } }
    self.place = place
    pending.removeFirst(count)
  }
}
