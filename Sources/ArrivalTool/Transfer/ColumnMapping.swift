#if SQLite
  internal import ArgumentParser
  internal import ArrivalFormats
  internal import ArrivalDatastore

  /// The type of a column.
  enum ColumnType: String, CaseIterable {
    case string, integer, double, boolean, timestamp, bytes, key

    /// The names of all types, for messages.
    static let names = allCases.map(\.rawValue).joined(separator: ", ")

    /// The value of a field; `nil` if the field does not have this type.
    func value(of field: String) -> Value? {
      switch self {
      case .string: return .string(field)
      case .integer: return Int64(field).map { .integer($0) }
      case .double: return Double(field).map { .double($0) }
      case .boolean:
        switch field.lowercased() {
        case "true", "yes", "1": return .boolean(true)
        case "false", "no", "0": return .boolean(false)
        default: return nil
        }
      case .timestamp: return Timestamp(rfc3339: field).map { .timestamp($0) }
      case .bytes: return QueryCursor(text: field).map { .bytes($0.bytes) }
      case .key: return (try? Key(text: field)).map { .key($0) }
      }
    }

    /// A description of this type with an example, for messages.
    var example: String {
      switch self {
      case .string: "a string"
      case .integer: "an integer, such as -12"
      case .double: "a double, such as 2.5"
      case .boolean: "a boolean: true or false"
      case .timestamp: "a timestamp, such as 2026-11-25T04:00:00Z"
      case .bytes: "bytes in Base64 for URLs, such as AQID_w"
      case .key: "a key, such as User/7"
      }
    }
  }

  /// Maps rows to entities.
  struct ColumnMapping: Sendable {
    struct Options: Sendable {
      /// `nil` for `defaultKind`.
      var kind: String?
      var defaultKind: String
      /// `nil` for the default namespace.
      var namespace: String?
      /// The column of IDs or names; `nil` for the column `__key__`, or for new IDs without that
      /// column.
      var key: String?
      var types: [String: ColumnType]
      var unindexed: Set<String>
    }

    private let options: Options
    private let columns: [String]
    private let keyColumn: Int?
    private let kind: String
    private let namespace: String

    /// Creates the mapping of a table.
    ///
    /// - Throws: ``ToolFailure`` if an option names a missing column, or contradicts a column of
    ///   whole keys.
    init(_ options: Options, columns: [String]) throws {
      self.options = options
      self.columns = columns
      let named =
        [options.key].compactMap { $0 } + options.types.keys.sorted() + options.unindexed.sorted()
      for name in named where !columns.contains(name) {
        throw ToolFailure(
          .unreadableInput,
          """
          there is no column "\(name)"; the columns are \
          \(columns.map { "\"\($0)\"" }.joined(separator: ", "))
          """
        )
      }
      keyColumn = columns.firstIndex(of: options.key ?? "__key__")
      kind = options.kind ?? options.defaultKind
      namespace = options.namespace ?? ""
      if options.key == nil, keyColumn != nil, options.kind != nil || options.namespace != nil {
        throw ToolFailure(
          .unreadableInput,
          """
          the column "__key__" holds whole keys with their kinds and namespaces; leave out \
          \(options.kind != nil ? "--kind" : "--namespace")
          """)
      }
    }

    /// The entity of a row.
    ///
    /// - Throws: ``RowProblem``.
    func entity(of row: TableRow) throws(RowProblem) -> Entity {
      var entity = Entity(try key(of: row))
      for (index, column) in columns.enumerated() where index != keyColumn {
        let field = row.fields[index]
        let type = options.types[column] ?? .string
        let value: Value
        if field.isEmpty, type != .string {
          value = .null
        } else if let read = type.value(of: field) {
          value = read
        } else {
          throw RowProblem(
            "column \"\(column)\": \(field.prefix(40).debugDescription) is not \(type.example)")
        }
        entity.properties[column] = Entity.Property(
          value, isIndexed: !options.unindexed.contains(column))
      }
      return entity
    }

    private func key(of row: TableRow) throws(RowProblem) -> Key {
      guard let keyColumn else {
        return Key(incomplete: kind, namespace: namespace)
      }
      let field = row.fields[keyColumn]
      if options.key == nil {
        do throws(TextError) {
          return try Key(text: field)
        } catch {
          throw RowProblem(
            "column \"__key__\": \(error.message): \(field.prefix(40).debugDescription)")
        }
      }
      guard !field.isEmpty else {
        throw RowProblem("column \"\(columns[keyColumn])\" names the entity and is empty")
      }
      // "007" is a name: the ID 7 would lose the zeros.
      if let id = Int64(field), id > 0, "\(id)" == field {
        return Key(kind, id: id, namespace: namespace)
      }
      return Key(kind, name: field, namespace: namespace)
    }
  }

  /// The reason why a row is not stored.
  struct RowProblem: Error {
    var message: String
    init(_ message: String) { self.message = message }
  }
#endif
