// SPDX-License-Identifier: Apache-2.0
/// Draws IDs for incomplete keys in a commit.
enum AutomaticID {
  /// A random number from 2⁵² up to 2⁵³, which has 16 digits.
  ///
  /// A `Double` holds it exactly, and so does JavaScript. There are so many that processes need not
  /// coordinate. The transaction that writes it checks whether it is free.
  @Sendable
  static func next() -> Int64 {
    Int64.random(in: (1 << 52)..<(1 << 53))
  }

  /// After so many taken IDs in a row a commit fails: that does not happen by chance.
  static let maxAttempts = 100
}
