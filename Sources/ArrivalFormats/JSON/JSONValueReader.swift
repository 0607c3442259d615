// SPDX-License-Identifier: Apache-2.0
/// Reads the JSON values of a source one by one. Memory is bounded by the largest value allowed.
///
/// The first bytes decide about the form. A text that begins with `[` is one array, whose elements
/// are the values. A text whose first line is an object that goes on in the second line has values
/// that extend over several lines. In any other text each line is a value. A byte-order mark is
/// skipped.
package final class JSONValueReader {
  /// A value, or what is wrong with it.
  package struct Element: Sendable {
    /// The line on which the value begins, or that of the problem; the first line is 1.
    package var line: Int
    package var node: Result<JSONNode, JSONProblem>
  }

  private enum Mode {
    case undecided
    case lines(LineReader)
    case values(JSONSplitter)
  }

  private let input: TextInput
  private var mode = Mode.undecided
  private var isAtEnd = false

  /// How much of the file was read, from 0 to 1; `nil` if its size is not known.
  package var fractionRead: Double? { input.fractionRead }

  /// Opens the source. Throws if it is missing, a directory, or may not be read.
  package init(_ source: InputSource, encoding: TextEncoding? = nil) throws(InputError) {
    input = try TextInput(source, encoding: encoding)
  }

  /// The next value, or `nil` at the end.
  ///
  /// - Throws: ``InputError`` if the source cannot be read, or if nothing after this place has a
  ///   meaning, as after an array that is not closed.
  package func next() throws(InputError) -> Element? {
    while true {
      switch mode {
      case .undecided: try begin()
      case .lines(let reader): return try next(of: reader)
      case .values(var splitter):
        do throws(JSONSplitter.Problem) {
          let text = try splitter.next(isLast: isAtEnd)
          mode = .values(splitter)
          if let text { return Self.element(text) }
          if isAtEnd { return nil }
        } catch {
          throw InputError(
            code: .damaged,
            message: "line \(error.line), column \(error.column): \(error.message)",
            source: input.source.description)
        }
        mode = .undecided
        isAtEnd = try !input.nextChunk { splitter.append($0) }
        mode = .values(splitter)
      }
    }
  }

  private func begin() throws(InputError) {
    var beginning = ByteQueue()
    var form: JSONSplitter.Form?
    repeat {
      if let known = JSONSplitter.Form(beginning, isLast: isAtEnd) {
        form = known
      } else if isAtEnd {
        form = .lines
      } else {
        isAtEnd = try !input.nextChunk { beginning.append($0) }
      }
    } while form == nil
    if beginning.starts(with: [0xEF, 0xBB, 0xBF]) { beginning.removeFirst(3) }
    switch form {
    case .array: mode = .values(JSONSplitter(beginning, isArray: true))
    case .sequence: mode = .values(JSONSplitter(beginning, isArray: false))
    case .lines, nil: mode = .lines(LineReader(input, beginning: beginning))
    }
  }

  private func next(of reader: LineReader) throws(InputError) -> Element? {
    guard let line = try reader.next() else { return nil }
    guard let bytes = line.bytes else {
      return Element(
        line: line.number,
        node: .failure(JSONProblem("the line is longer than any entity may be")))
    }
    return Element(
      line: line.number,
      node: Result { () throws(JSONProblem) in try JSONReader.read(bytes) })
  }

  private static func element(_ text: JSONSplitter.Text) -> Element {
    guard let bytes = text.bytes else {
      return Element(
        line: text.line,
        node: .failure(JSONProblem("the value is longer than any entity may be")))
    }
    do throws(JSONProblem) {
      return Element(line: text.line, node: .success(try JSONReader.read(bytes)))
    } catch {
      guard let column = error.column else {
        return Element(line: text.line, node: .failure(error))
      }
      // The place counts from the beginning of the value, which may extend over several lines.
      var place = JSONSplitter.Place(line: text.line, column: text.column)
      for byte in bytes.prefix(column - 1) { place.pass(byte) }
      var problem = error
      problem.column = place.column
      return Element(line: place.line, node: .failure(problem))
    }
  }
}
