/// Identifiers for keys that have none.
enum AutomaticID {
  /// A random number of 16 digits from 2⁵² up to 2⁵³: exact in a `Double`, so that JavaScript can
  /// hold it, and one of so many that processes need not agree. Whether it is free is for the
  /// transaction to see.
  @Sendable
  static func next() -> Int64 {
    Int64.random(in: (1 << 52)..<(1 << 53))
  }

  /// Drawn numbers that were all taken: not by chance.
  static let maximumAttempts = 100
}
