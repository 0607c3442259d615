// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArgumentParser
  internal import ArrivalFormats
  internal import ArrivalDatastore

  /// The format of a report, which is not a list of entities.
  enum ReportFormat: String, ExpressibleByArgument, CaseIterable {
    case table, json
  }

  /// The format of printed entities.
  enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case table, vertical, csv, tsv, json, jsonl

    static let help: ArgumentHelp = """
      table, vertical (each property on its own line), csv, tsv, json (one array) or jsonl (one \
      entity per line).
      """

    /// Whether the columns must be known before the first entity is printed.
    var needsColumns: Bool { self == .csv || self == .tsv }
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
    /// The column of the keys.
    static let keyColumn = QueryRequest.keyProperty

    let format: OutputFormat
    /// The columns in the order in which they were asked for; `nil` for the key and all properties.
    private let columns: [String]?
    /// The width of the terminal; `nil` if the output goes elsewhere.
    private let width: Int?
    private var output = Output()
    /// The table that is being printed.
    private var table: OpenTable?
    private(set) var count = 0
    /// How many rows TSV could not hold.
    private(set) var unwritable = 0

    private struct OpenTable {
      var columns: [String]
      var layout: TextTable.Layout
      var rightAligned: Set<Int>
    }

    init(_ format: OutputFormat, columns: [String]? = nil, width: Int? = Terminal.width) {
      self.format = format
      self.columns = columns
      self.width = width
    }

    mutating func print(_ entities: [Entity]) throws {
      if count == 0, !entities.isEmpty { try begin() }
      switch format {
      case .json, .jsonl:
        for entity in entities {
          if format == .json, count > 0 { try output.line(",") }
          count += 1
          let text = Self.node(of: entity).text
          if format == .json { output.append(text) } else { try output.line(text) }
        }
      case .table:
        if !entities.isEmpty { try printTable(entities) }
        count += entities.count
      case .vertical: for entity in entities { try printVertically(entity) }
      case .csv, .tsv: for entity in entities { try printLine(entity) }
      }
      // Show this page while the next one is fetched.
      try output.flush()
    }

    /// Prints what belongs at the end.
    mutating func finish() throws {
      if count == 0 { try begin() }
      switch format {
      case .json: try output.line(count > 0 ? "\n]" : "]")
      case .table, .vertical: if count == 0 { try output.line("(0 rows)") }
      case .csv, .tsv, .jsonl: break
      }
      try output.flush()
    }

    private mutating func begin() throws {
      switch format {
      case .json: try output.line("[")
      case .csv, .tsv:
        let header = columns ?? [Self.keyColumn]
        guard let line = writer.line(header) else {
          throw ToolFailure(
            .incomplete,
            "a property's name contains a tab or a line break, which TSV cannot hold; use CSV")
        }
        try output.line(line)
      case .jsonl, .table, .vertical: break
      }
    }

    /// An entity without a key holds the results of a computation, which have no types to keep.
    private static func node(of entity: Entity) -> JSONNode {
      if entity.key != nil { return EntityJSON.node(of: entity) }
      return .object(
        entity.properties.sortedByName().map {
          .init($0.key, EntityJSON.node(of: $0.value.value))
        })
    }

    private func field(_ column: String, of entity: Entity) -> String {
      column == Self.keyColumn ? entity.key?.text ?? "" : entity[column]?.field ?? ""
    }

    // MARK: Lines

    private var writer: TableWriter { TableWriter(format: format == .tsv ? .tsv : .csv) }

    private mutating func printLine(_ entity: Entity) throws {
      count += 1
      let columns = columns ?? []
      if let stranger = entity.properties.keys.first(where: { !columns.containsExactly($0) }) {
        throw ToolFailure(
          .incomplete,
          """
          \(entity.key?.text ?? "an entity") got the property "\(stranger)" while the columns were \
          collected; run the command again
          """)
      }
      if let line = writer.line(columns.map { field($0, of: entity) }) {
        return try output.line(line)
      }
      unwritable += 1
      if unwritable <= ProblemLog.limit { complain("arrival: \(TableWriter.omission(of: entity))") }
    }

    // MARK: Text for people

    private mutating func printVertically(_ entity: Entity) throws {
      if count > 0 { try output.line("") }
      count += 1
      let columns = columns ?? [Self.keyColumn] + entity.properties.keys.sorted()
      let names = columns.map { Escaped($0).description }
      let width = names.reduce(0) { max($0, DisplayWidth.of($1)) }
      for (name, column) in zip(names, columns) {
        let value = Escaped(field(column, of: entity)).description
        let space = String(repeating: " ", count: width - DisplayWidth.of(name))
        try output.line(value.isEmpty ? name : "\(name)\(space)  \(value)")
      }
    }

    /// Prints a page under the header of the first page, whose fields decide the widths of the
    /// columns.
    ///
    /// A page with a new property starts another table.
    private mutating func printTable(_ entities: [Entity]) throws {
      let names = Set(entities.lazy.flatMap(\.properties.keys).map { ExactText($0) })
      if let table, columns != nil || names.isSubset(of: table.columns.map { ExactText($0) }) {
        var page = text(of: entities, table.columns)
        page.rightAligned = table.rightAligned
        for line in page.rowLines(table.layout) { try output.line(line) }
        return
      }
      if count > 0 { try output.line("") }
      table = nil
      let columns = columns ?? [Self.keyColumn] + names.sorted().map(\.text)
      var page = text(of: entities, columns)
      for (index, name) in columns.enumerated()
      where name != Self.keyColumn && entities.allSatisfy({ $0[name].map(\.isNumber) ?? true }) {
        page.rightAligned.insert(index)
      }
      guard let layout = page.layout(fitting: width) else {
        // There are too many columns for this terminal.
        let before = count
        count = 0
        for entity in entities { try printVertically(entity) }
        count = before
        return
      }
      table = OpenTable(columns: columns, layout: layout, rightAligned: page.rightAligned)
      for line in page.lines(layout) { try output.line(line) }
    }

    private func text(of entities: [Entity], _ columns: [String]) -> TextTable {
      TextTable(
        header: columns.map { Escaped($0).description },
        uncut: Set(columns.indices.filter { columns[$0] == Self.keyColumn }),
        rows: entities.map { entity in columns.map { field($0, of: entity) } })
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
