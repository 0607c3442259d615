// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArrivalFormats
  internal import ArrivalDatastore

  /// An element of a file, in the order of its lines.
  enum SourceItem {
    case entity(Entity, line: Int)
    /// A row that cannot be stored.
    case problem(String, line: Int)
    /// A sentence about the file; `nil` for the file as a whole.
    case note(String, line: Int?)
  }

  /// The entities of a file, read one by one with their line numbers.
  protocol EntitySource {
    /// What is counted: `line`, or `record`.
    var unit: String { get }
    /// Whether options say what becomes of columns or members.
    var hasColumns: Bool { get }
    /// How much of the file was read, from 0 to 1; `nil` if its size is not known.
    var fractionRead: Double? { get }
    /// The next element; `nil` at the end.
    ///
    /// Throws if the file as a whole cannot be read.
    mutating func next() throws -> SourceItem?
  }

  extension EntitySource {
    var unit: String { "line" }
    var fractionRead: Double? { nil }
    var hasColumns: Bool { false }
  }

  /// The entities of a table.
  struct TableEntities: EntitySource {
    let hasColumns = true
    private let reader: TableReader
    var fractionRead: Double? { reader.fractionRead }
    private let options: MappingOptions
    private var mapping: ColumnMapping?
    private var pending: [SourceItem] = []
    private var hasEnded = false

    init(_ reader: TableReader, _ options: MappingOptions) {
      self.reader = reader
      self.options = options
    }

    mutating func next() throws -> SourceItem? {
      while true {
        if !pending.isEmpty { return pending.removeFirst() }
        if hasEnded { return nil }
        guard let event = try reader.next() else {
          hasEnded = true
          pending = (mapping?.notes ?? []).map { .note($0, line: nil) }
          continue
        }
        switch event {
        case .header(let header):
          pending = header.repairs.map { .note($0, line: nil) }
          mapping = try ColumnMapping(options, columns: header.columns)
        case .malformed(let row): return .problem("\(row.reason)", line: row.line)
        case .note(let note): return .note(note.text, line: note.line)
        case .row(let row):
          do throws(RowProblem) {
            guard let entity = try mapping?.entity(of: row) else { continue }
            return .entity(entity, line: row.line)
          } catch {
            return .problem(error.message, line: row.line)
          }
        }
      }
    }
  }

  /// The entities of a file of a managed export, each in a record.
  struct ExportedEntities: EntitySource {
    let unit = "record"
    private let reader: LogReader
    var fractionRead: Double? { reader.fractionRead }
    private var number = 0

    init(_ reader: LogReader) { self.reader = reader }

    mutating func next() throws -> SourceItem? {
      guard let record = try reader.next() else {
        if number > 0 { return nil }
        number = 1
        return .note("the file has no entities; is it whole?", line: nil)
      }
      number += 1
      do throws(ExportProblem) {
        return .entity(try ExportedEntity.read(record), line: number)
      } catch {
        return .problem(error.message, line: number)
      }
    }
  }

  /// The entities of a JSON file: in the form that export writes, or any objects.
  struct JSONEntities: EntitySource {
    private enum Form {
      case entities
      case objects(ObjectMapping)
    }

    private let reader: JSONValueReader
    var fractionRead: Double? { reader.fractionRead }
    private let options: MappingOptions
    private let optionsOfObjects: String?
    private var form: Form?
    private var count = 0
    /// The members that options name and that no object has had.
    private var unseen: Set<String>
    private var hasEnded = false
    var hasColumns: Bool { if case .objects? = form { true } else { false } }
    private var pending: [SourceItem] = []

    /// - Parameters:
    ///   - reader: The values of the file.
    ///   - options: How objects become entities.
    ///   - optionsOfObjects: An option that the caller gave and that only objects can have.
    init(_ reader: JSONValueReader, _ options: MappingOptions, optionsOfObjects: String? = nil) {
      self.reader = reader
      self.options = options
      self.optionsOfObjects = optionsOfObjects
      unseen = options.unindexed.union(options.types.keys)
    }

    mutating func next() throws -> SourceItem? {
      if !pending.isEmpty { return pending.removeFirst() }
      guard !hasEnded, let element = try reader.next() else {
        if !hasEnded { pending = lastNotes }
        hasEnded = true
        return pending.isEmpty ? nil : pending.removeFirst()
      }
      count += 1
      let node: JSONNode
      do throws(JSONProblem) {
        node = try element.node.get()
      } catch {
        return .problem(error.description, line: element.line)
      }
      var notes: [String] = []
      let item: SourceItem
      do {
        item = .entity(try entity(of: node, &notes), line: element.line)
      } catch let error as RowProblem {
        item = .problem(error.message, line: element.line)
      }
      pending += notes.map { .note($0, line: element.line) }
      if pending.isEmpty { return item }
      pending.append(item)
      return pending.removeFirst()
    }

    private var lastNotes: [SourceItem] {
      if count == 0 { return [.note("the file has no objects", line: nil)] }
      return unseen.sorted().map {
        .note("no object has a member \($0.debugDescription), which an option names", line: nil)
      }
    }

    private mutating func entity(of node: JSONNode, _ notes: inout [String]) throws -> Entity {
      guard case .object(let members) = node else {
        throw RowProblem("expected an object, found \(node.typeName)")
      }
      let form = try form ?? decide(members)
      self.form = form
      switch form {
      case .objects(let mapping):
        if !unseen.isEmpty { unseen.subtract(members.map(\.name)) }
        return try mapping.entity(of: members, notes: &notes)
      case .entities:
        do throws(JSONProblem) {
          let entity = try EntityJSON.entity(of: node, notes: &notes)
          guard entity.key != nil else { throw JSONProblem("the entity has no \"key\"") }
          return entity
        } catch {
          throw RowProblem(error.description)
        }
      }
    }

    /// The first object decides for all.
    private mutating func decide(_ members: [JSONNode.Member]) throws -> Form {
      if ObjectMapping.isEntity(members) {
        if let optionsOfObjects {
          throw ToolFailure(
            .unreadableInput,
            """
            the file holds entities, each with its own key, types and index flags; leave out \
            \(optionsOfObjects), or edit the file
            """)
        }
        return .entities
      }
      let hasKeys = options.key == nil && members.contains { $0.name == "__key__" }
      if options.kind == nil, !hasKeys {
        let identity = options.key == nil ? ", each with a new ID" : ""
        pending.append(
          .note(
            """
            the objects become entities of kind "\(options.defaultKind)"\(identity); \
            --kind and --key choose otherwise
            """, line: nil))
      }
      return .objects(ObjectMapping(options))
    }
  }
#endif
