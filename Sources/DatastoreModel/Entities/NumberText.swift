// SPDX-License-Identifier: Apache-2.0
/// Reads numbers in decimal notation, for tables, JSON, GQL and the command line alike.
///
/// A number that does not fit is a problem. It never becomes infinity, zero or a string.
package enum NumberText {
  /// Why a text is not a number that can be stored.
  package enum Problem: Error, Sendable, Hashable, CustomStringConvertible {
    case notANumber
    case integerTooLarge
    case doubleTooLarge
    case doubleTooSmall

    package var description: String {
      switch self {
      case .notANumber: "this is not a number"
      case .integerTooLarge: "the integer does not fit into 64 bits"
      case .doubleTooLarge: "the number is too large for a double"
      case .doubleTooSmall: "the number is too small for a double, which would make it 0"
      }
    }
  }

  /// What a text consists of.
  private struct Shape {
    var isInteger = true
    /// Whether a digit before the exponent is not 0.
    var isNonzero = false
  }

  /// Reads a sign and digits: `-12`.
  package static func integer(_ text: String) throws(Problem) -> Int64 {
    guard let shape = shape(of: text), shape.isInteger else { throw .notANumber }
    guard let integer = Int64(text) else { throw .integerTooLarge }
    return integer
  }

  /// Reads a sign, digits with at most one point among them, and an exponent: `-12`, `.5`, `1e-3`.
  ///
  /// Hexadecimal digits, infinities and not-a-number are refused.
  package static func double(_ text: String) throws(Problem) -> Double {
    guard let shape = shape(of: text) else { throw .notANumber }
    guard let double = Double(text) else { throw .notANumber }
    if !double.isFinite { throw .doubleTooLarge }
    if double == 0, shape.isNonzero { throw .doubleTooSmall }
    return double
  }

  private static func shape(of text: String) -> Shape? {
    var text = text
    return text.withUTF8 { bytes in
      var shape = Shape()
      var position = 0
      func digits() -> Int {
        let start = position
        while position < bytes.count, 48...57 ~= bytes[position] {
          shape.isNonzero = shape.isNonzero || bytes[position] != 48
          position += 1
        }
        return position - start
      }
      func accept(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Bool {
        guard position < bytes.count,
          bytes[position] == UInt8(ascii: first) || bytes[position] == UInt8(ascii: second)
        else { return false }
        position += 1
        return true
      }
      _ = accept("+", "-")
      var count = digits()
      if accept(".", ".") {
        shape.isInteger = false
        count += digits()
      }
      guard count > 0 else { return nil }
      if accept("e", "E") {
        shape.isInteger = false
        let isNonzero = shape.isNonzero
        _ = accept("+", "-")
        guard digits() > 0 else { return nil }
        shape.isNonzero = isNonzero
      }
      return position == bytes.count ? shape : nil
    }
  }
}
