// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArrivalDatastore

  /// Writes rows as CSV (RFC 4180, but lines end with LF) or TSV.
  struct TableWriter {
    let format: DataFormat

    /// The line of a row; `nil` if TSV cannot represent the row.
    func line(_ fields: [String]) -> String? {
      switch format {
      case .csv, .jsonl:
        let line = fields.map(Self.quoted).joined(separator: ",")
        // Readers skip empty lines.
        return line.isEmpty ? "\"\"" : line
      case .tsv:
        let isPlain = fields.allSatisfy { field in
          !field.utf8.contains { $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
        }
        return isPlain ? fields.map(Self.quotedInTSV).joined(separator: "\t") : nil
      }
    }

    /// Says that an entity is not in a table.
    static func omission(of entity: Entity) -> String {
      """
      \(entity.key?.text ?? "an entity") is left out: it has a tab or a line end, which TSV cannot \
      hold; use CSV or JSON Lines
      """
    }

    private static func quoted(_ field: String) -> String {
      let isPlain = field.utf8.allSatisfy { $0 != 0x22 && $0 != 0x2C && $0 != 0x0A && $0 != 0x0D }
      return isPlain ? field : doubled(field)
    }

    /// Only a field that begins with a quote can be mistaken for a quoted field.
    private static func quotedInTSV(_ field: String) -> String {
      field.utf8.first == 0x22 ? doubled(field) : field
    }

    private static func doubled(_ field: String) -> String {
      var result = "\""
      for scalar in field.unicodeScalars {
        if scalar == "\"" { result += "\"" }
        result.unicodeScalars.append(scalar)
      }
      return result + "\""
    }
  }
#endif
