// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import ArrivalFormats
  import ArrivalDatastore
  import Testing

  @testable import ArrivalTool

  /// What a row of a table becomes.
  @Suite struct ColumnMappingTests {
    private func entity(
      _ fields: [String], _ columns: [String], key: String? = nil,
      types: [String: ColumnType] = [:]
    ) throws -> Entity {
      let options = MappingOptions(defaultKind: "K", namespace: "n", key: key, types: types)
      var mapping = try ColumnMapping(options, columns: columns)
      return try mapping.entity(of: TableRow(line: 2, fields: fields))
    }

    @Test(
      arguments: [
        ("7", 7), ("9223372036854775807", .max), ("007", nil), ("+7", nil), ("0", nil), ("-7", -7),
        ("-0", nil),
        ("9223372036854775808", nil), ("7 ", nil), ("x", nil),
      ] as [(String, Int64?)])
    func `A field is an ID only if that is written back as the same text`(
      _ field: String, _ id: Int64?
    ) throws {
      let key =
        id.map { Key("K", id: $0, namespace: "n") } ?? Key("K", name: field, namespace: "n")
      #expect(try entity([field], ["id"], key: "id").key == key)
    }

    @Test func `An empty field is an empty string, and null of every other type`() throws {
      let columns = ["text"] + ColumnType.allCases.map(\.rawValue)
      let types = Dictionary(uniqueKeysWithValues: ColumnType.allCases.map { ($0.rawValue, $0) })
      let stored = try entity(columns.map { _ in "" }, columns, types: types)
      for column in columns {
        let isText = column == "text" || column == "string"
        #expect(stored[column] == (isText ? "" : .null), "\(column)")
      }
    }
  }

  /// Tables as they are written.
  @Suite struct TableWriterTests {
    @Test func `A field that would be read otherwise is put in quotes`() {
      let csv = TableWriter(format: .csv)
      #expect(csv.line([""]) == "\"\"")
      #expect(csv.line(["", ""]) == ",")
      #expect(
        csv.line(["a\rb", "a\nb", "a,b", "a\"b", "a b"])
          == "\"a\rb\",\"a\nb\",\"a,b\",\"a\"\"b\",a b")
      let tsv = TableWriter(format: .tsv)
      #expect(tsv.line(["\"a\"", "a\"b", "a,b"]) == "\"\"\"a\"\"\"\ta\"b\ta,b")
      for text in ["a\tb", "a\nb", "a\rb"] { #expect(tsv.line([text]) == nil) }
    }
  }
#endif
