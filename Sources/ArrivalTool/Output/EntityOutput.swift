// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArgumentParser
  internal import ArrivalFormats
  internal import ArrivalDatastore

  /// The format of printed results.
  enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case table, json
  }

  extension Value {
    /// The value as a field of a table: strings unchanged, other values in their usual notation.
    var field: String {
      switch self {
      case .null: ""
      case .boolean(let flag): "\(flag)"
      case .integer(let number): "\(number)"
      case .double(let number): "\(number)"
      case .string(let text): text
      case .bytes(let bytes): QueryCursor(bytes: bytes).text
      case .timestamp(let time): time.description
      case .key(let key): key.text
      case .geoPoint(let point): "\(point.latitude),\(point.longitude)"
      case .array, .entity: EntityJSON.node(of: self).text
      }
    }
  }

  /// Prints entities page by page.
  struct EntityOutput {
    let format: OutputFormat
    private var output = Output()
    /// The columns of the header that was printed last.
    private var layout: Layout?
    private(set) var count = 0

    private struct Layout {
      var columns: [String]
      var widths: [Int]
      var rightAligned: Set<Int>
    }

    init(_ format: OutputFormat) { self.format = format }

    mutating func print(_ entities: [Entity]) throws {
      count += entities.count
      switch format {
      case .json:
        for entity in entities { try output.line(EntityJSON.node(of: entity).text) }
      case .table: try printTable(entities)
      }
      // Show this page while the next one is fetched.
      try output.flush()
    }

    /// Prints a line that is not an entity.
    mutating func line(_ text: String) throws {
      try output.line(text)
      try output.flush()
    }

    /// Prints a page under the header of the first page, whose fields decide the widths of the
    /// columns.
    ///
    /// A page with a new property starts another table.
    private mutating func printTable(_ entities: [Entity]) throws {
      guard !entities.isEmpty else { return }
      let names = Set(entities.flatMap(\.properties.keys))
      if let layout, names.isSubset(of: layout.columns) {
        var table = Self.table(of: entities, layout.columns)
        table.rightAligned = layout.rightAligned
        for line in table.lines(widths: layout.widths) { try output.line(line) }
        return
      }
      if layout != nil { try output.line("") }
      let columns = names.sorted()
      var table = Self.table(of: entities, columns)
      for (index, name) in columns.enumerated()
      where entities.allSatisfy({ $0[name].map(\.isNumber) ?? true }) {
        table.rightAligned.insert(index + 1)
      }
      layout = Layout(columns: columns, widths: table.widths, rightAligned: table.rightAligned)
      for line in table.lines { try output.line(line) }
    }

    private static func table(of entities: [Entity], _ columns: [String]) -> TextTable {
      var table = TextTable(header: ["key"] + columns, uncut: [0], rows: [])
      for entity in entities {
        table.rows.append([entity.key?.text ?? ""] + columns.map { entity[$0]?.field ?? "" })
      }
      return table
    }
  }

  extension Value {
    fileprivate var isNumber: Bool {
      switch self {
      case .integer, .double, .null: true
      case .boolean, .string, .bytes, .timestamp, .key, .geoPoint, .array, .entity: false
      }
    }
  }
#endif
