// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArrivalFormats
  internal import DatastoreModel

  /// Chooses the types of columns from all of their fields, for `--types auto`. A pure value.
  ///
  /// A type is chosen only if it loses nothing of any field but its notation. So `007` is no
  /// integer, and a column of integers that a double cannot hold is no column of doubles.
  struct TypeInference: Sendable {
    /// What is known about a column.
    private struct Column: Sendable {
      var candidates: Set<ColumnType> = [.integer, .double, .boolean, .timestamp]
      var fields = 0
      /// The field with which the last candidate went.
      var exception: (line: Int, field: String)?
    }

    private var columns: [Column]

    init(columns: Int) { self.columns = Array(repeating: Column(), count: columns) }

    /// Takes a field of a column that is not null.
    mutating func add(_ field: String, column: Int, line: Int) {
      columns[column].fields += 1
      if columns[column].candidates.isEmpty { return }
      columns[column].candidates = columns[column].candidates.filter { type in
        switch type {
        case .integer: Self.isInteger(field)
        case .double: Self.isDouble(field)
        case .boolean: ["true", "false", "TRUE", "FALSE", "True", "False"].contains(field)
        case .timestamp: Self.isTimestamp(field)
        case .string, .bytes, .key: false
        }
      }
      if columns[column].candidates.isEmpty { columns[column].exception = (line, field) }
    }

    /// The type of a column. A column without fields is one of strings.
    func type(ofColumn column: Int) -> ColumnType {
      let column = columns[column]
      if column.fields == 0 { return .string }
      return [.integer, .double, .boolean, .timestamp].first { column.candidates.contains($0) }
        ?? .string
    }

    /// Why a column is one of strings.
    func reason(ofColumn column: Int) -> String? {
      if columns[column].fields == 0 { return "because it has no values" }
      guard let (line, field) = columns[column].exception else { return nil }
      return "because line \(line) has \(field.prefix(40).debugDescription)"
    }

    /// Whether a field is written like the integer that it stands for.
    private static func isInteger(_ field: String) -> Bool {
      isJSONNumber(field) && field != "-0" && (try? NumberText.integer(field)) != nil
    }

    private static func isDouble(_ field: String) -> Bool {
      guard isJSONNumber(field), let double = try? NumberText.double(field) else { return false }
      if let integer = try? NumberText.integer(field) { return Int64(exactly: double) == integer }
      // A double keeps 15 to 17 digits.
      let mantissa = field.utf8.prefix { $0 != 0x65 && $0 != 0x45 }
      return mantissa.count { 48...57 ~= $0 } <= 17
    }

    /// Whether a field has the notation of JSON: no plus sign, no zeros at the beginning, and
    /// digits on both sides of a point.
    private static func isJSONNumber(_ field: String) -> Bool {
      let digits = field.utf8.drop { $0 == 0x2D }.prefix { 48...57 ~= $0 }
      guard let first = digits.first, first != 48 || digits.count == 1 else { return false }
      let rest = field.utf8[digits.endIndex...]
      return rest.first != 0x2E || rest.dropFirst().first.map { 48...57 ~= $0 } ?? false
    }

    /// Whether a field begins with a date such as 2026-11-25. Numbers such as 20261125, and names
    /// such as 2024-001 and 2026-W48, are no dates.
    private static func isTimestamp(_ field: String) -> Bool {
      let date = Array(field.utf8.prefix(10))
      let isDate =
        date.count == 10
        && date.enumerated().allSatisfy { index, byte in
          index == 4 || index == 7 ? byte == 0x2D : 48...57 ~= byte
        }
      guard isDate, let reading = try? Timestamp.read(iso8601: field) else { return false }
      return !reading.wasCut
    }
  }

  extension TypeInference {
    /// Reads a whole table, and adds the types of the columns that have none to `options`.
    ///
    /// - Returns: A line about each column whose type was chosen.
    static func choose(
      _ reader: TableReader, _ options: inout MappingOptions
    ) throws -> [String] {
      var names: [String] = []
      var inference = TypeInference(columns: 0)
      while let event = try reader.next() {
        switch event {
        case .header(let header):
          names = header.columns
          inference = TypeInference(columns: names.count)
        case .row(let row):
          for (index, field) in row.fields.enumerated()
          where !options.isNull(field, .integer) {
            inference.add(field, column: index, line: row.line)
          }
        case .malformed, .note: break
        }
      }
      var lines: [String] = []
      for (index, name) in names.enumerated()
      where options.types[name] == nil && name != options.key ?? "__key__" {
        let type = inference.type(ofColumn: index)
        options.types[name] = type
        let reason = inference.reason(ofColumn: index).map { ", \($0)" } ?? ""
        lines.append("column \"\(name)\" is of type \(type.rawValue)\(reason)")
      }
      return lines
    }
  }
#endif
