// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArrivalFormats
  internal import ArrivalDatastore

  /// How rows and objects become entities.
  struct MappingOptions: Sendable {
    /// `nil` for `defaultKind`.
    var kind: String?
    var defaultKind: String
    /// `nil` for the default namespace.
    var namespace: String?
    /// The column of IDs or names; `nil` for the column `__key__`, or for new IDs without that
    /// column.
    var key: String?
    var types: [String: ColumnType] = [:]
    var unindexed: Set<String> = []
    /// Fields that stand for null.
    var nulls: [String] = []

    /// The key with an identifier that a field has.
    ///
    /// - Throws: ``RowProblem`` if the column has IDs and the field is none.
    func key(of field: String) throws(RowProblem) -> Key {
      let kind = kind ?? defaultKind
      let type = key.flatMap { types[$0] }
      // "007" is a name: the ID 7 would lose the zeros.
      if type != .string, let id = Int64(field), id != 0, "\(id)" == field {
        return Key(kind, id: id, namespace: namespace)
      }
      if type == .integer {
        throw RowProblem("\(field.prefix(40).debugDescription) is not an ID, such as 12")
      }
      return Key(kind, name: field, namespace: namespace)
    }

    /// A key that gets a new ID.
    var newKey: Key { Key(incomplete: kind ?? defaultKind, namespace: namespace) }

    /// Whether a field stands for null in a column of a type.
    func isNull(_ field: String, _ type: ColumnType) -> Bool {
      field.isEmpty && type != .string || nulls.contains { $0.utf8.elementsEqual(field.utf8) }
    }
  }

  /// Maps rows to entities.
  struct ColumnMapping: Sendable {
    private let options: MappingOptions
    private let columns: [String]
    private let keyColumn: Int?
    private var lacksOffset: [Int: Tally] = [:]
    private var wasCut: [Int: Tally] = [:]
    private var ids = Tally()
    private var names = Tally()

    /// Creates the mapping of a table.
    ///
    /// - Throws: ``ToolFailure`` if an option names a missing column, or contradicts a column of
    ///   whole keys.
    init(_ options: MappingOptions, columns: [String]) throws {
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
    mutating func entity(of row: TableRow) throws(RowProblem) -> Entity {
      var entity = Entity(try key(of: row))
      entity.properties.reserveCapacity(columns.count)
      for (index, column) in columns.enumerated() where index != keyColumn {
        let value = try value(of: row.fields[index], index, row.line)
        entity.properties[column] = Entity.Property(
          value, isIndexed: !options.unindexed.contains(column))
      }
      return entity
    }

    private mutating func value(
      of field: String, _ index: Int, _ line: Int
    ) throws(RowProblem) -> Value {
      let type = options.types.isEmpty ? .string : options.types[columns[index]] ?? .string
      if options.isNull(field, type) { return .null }
      var notes = FieldNotes()
      do throws(RowProblem) {
        let value = try type.value(of: field, &notes)
        if notes.lacksOffset { lacksOffset[index, default: Tally()].add(line) }
        if notes.wasCut { wasCut[index, default: Tally()].add(line) }
        return value
      } catch {
        throw RowProblem("column \"\(columns[index])\": \(error.message)")
      }
    }

    private mutating func key(of row: TableRow) throws(RowProblem) -> Key {
      guard let keyColumn else { return options.newKey }
      let field = row.fields[keyColumn]
      if options.key == nil {
        do throws(TextError) {
          return try Key(text: field)
        } catch {
          throw RowProblem(
            "column \"__key__\": \(error.message): \(field.prefix(40).debugDescription)")
        }
      }
      guard !options.isNull(field, .integer) else {
        throw RowProblem(
          "column \"\(columns[keyColumn])\" names the entity and is "
            + (field.isEmpty ? "empty" : "null"))
      }
      do throws(RowProblem) {
        let key = try options.key(of: field)
        if key.name == nil { ids.add(row.line) } else { names.add(row.line) }
        return key
      } catch {
        throw RowProblem("column \"\(columns[keyColumn])\": \(error.message)")
      }
    }

    /// What was not taken from the columns as it stands.
    var notes: [String] {
      let assumed = lacksOffset.sorted { $0.key < $1.key }.map { index, times in
        let verb = times.count == 1 ? "was" : "were"
        return
          "column \"\(columns[index])\": \(times.text("time")) no offset and \(verb) read as UTC"
      }
      let cut = wasCut.sorted { $0.key < $1.key }.map { index, times in
        """
        column "\(columns[index])": \(times.text("time")) more than six decimals, which were cut
        """
      }
      return assumed + cut + keyNotes
    }

    private var keyNotes: [String] {
      guard let key = options.key else {
        return keyColumn == nil
          ? ["each row gets a new ID; --key COLUMN names a column of IDs or names"] : []
      }
      if ids.count == 0 || names.count == 0 { return [] }
      return [
        """
        column "\(key)": \(ids.text("row")) an ID, and \(names.text("row")) a name; \
        --type \(key)=string makes all of them names
        """
      ]
    }
  }

  /// Something that occurred on several lines.
  struct Tally: Sendable {
    private(set) var count = 0
    private var firstLine = 0

    mutating func add(_ line: Int) {
      if count == 0 { firstLine = line }
      count += 1
    }

    /// `the time on line 3 has`, or `12 times, the first on line 3, have`.
    func text(_ noun: String) -> String {
      count == 1
        ? "the \(noun) on line \(firstLine) has"
        : "\(counted(count, noun)), the first on line \(firstLine), have"
    }
  }
#endif
