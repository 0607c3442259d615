// SPDX-License-Identifier: Apache-2.0

#if SQLite
  /// How much of the past is kept.
  struct HistoryPolicy: Sendable {
    /// Nothing is kept.
    static let none = HistoryPolicy(microseconds: 0, maxBytes: 0)

    var microseconds: Int64
    var maxBytes: Int64

    var keepsAnything: Bool { microseconds > 0 && maxBytes > 0 }

    init(microseconds: Int64, maxBytes: Int64) {
      self.microseconds = microseconds
      self.maxBytes = maxBytes
    }

    init(_ configuration: SQLiteBackend.Configuration) {
      let parts = configuration.historyTime.components
      let seconds = max(0, min(parts.seconds, 1 << 40))
      microseconds = seconds * 1_000_000 + parts.attoseconds / 1_000_000_000_000
      maxBytes = Int64(max(0, configuration.maxHistoryBytes))
    }
  }
#endif
