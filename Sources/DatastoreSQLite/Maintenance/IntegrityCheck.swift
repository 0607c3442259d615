#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB

  /// Looks for damage: first SQLite's own check, then entities against index and index against
  /// entities.
  struct IntegrityCheck {
    private static let limit = 100
    /// From how many rows on an entity's are kept, of how many entities.
    private static let manyEntries = 100
    private static let maximumKnown = 16

    private let connection: Database
    private var report = SQLiteBackend.CheckReport()
    private var names = IndexNameTable()
    /// The numbers of the names in ``names``, as far as looked up.
    private var numbers: [Int64?] = []
    private var expectedEntries = 0
    /// The indexes over several properties; of one that is not ready nothing is known.
    private var composites: [CompositeIndex] = []

    private init(_ connection: Database) { self.connection = connection }

    /// Damage that ends a step is a problem in the report, and the next step is tried all the same.
    static func run(_ connection: Database) -> SQLiteBackend.CheckReport {
      var check = IntegrityCheck(connection)
      check.step("The file's structure") { try $0.checkStructure() }
      check.step("The list of indexes") { check in
        check.composites = try CompositeTable.all(check.connection)
      }
      check.step("The entities") { try $0.checkEntities() }
      check.step("The index") { try $0.checkIndex() }
      return check.report
    }

    private mutating func step(
      _ what: String, _ body: (inout IntegrityCheck) throws -> Void
    ) {
      do { try body(&self) } catch {
        report(
          "\(what) cannot be read to the end: \((error as? DatabaseError)?.message ?? "\(error)")")
      }
    }

    private mutating func report(_ problem: String) {
      if report.problems.count < Self.limit {
        report.problems.append(problem)
      } else {
        report.isCutShort = true
      }
    }

    private mutating func checkStructure() throws {
      let lines = try String.fetchAll(connection, sql: "PRAGMA integrity_check(\(Self.limit))")
      for line in lines where line != "ok" { report("The file's structure: \(line)") }
    }

    // MARK: Entities

    private mutating func checkEntities() throws {
      let select = try RawStatement.own(connection, "SELECT key, data FROM entity")
      defer { select.reset() }
      let find = try RawStatement.own(
        connection, "SELECT target FROM entry WHERE property = ?1 AND position = ?2")
      while try select.step() {
        report.entities += 1
        let bytes = [UInt8](select.blob(0))
        let key: Key
        do throws(CorruptBlob) {
          key = try KeyCodec.decode(select.blob(0))
        } catch {
          report("A key cannot be read: \(error.reason)")
          continue
        }
        do throws(CorruptBlob) {
          let entity = Entity(
            key, try EntityCodec.decode(select.blob(1), of: select.blob(0)))
          try checkEntries(of: entity, key, bytes, find)
        } catch {
          report("\(key) cannot be read: \(error.reason)")
        }
      }
    }

    private mutating func checkEntries(
      of entity: Entity, _ key: Key, _ bytes: [UInt8], _ find: RawStatement
    ) throws(CorruptBlob) {
      for entry in entries(of: entity, key) {
        expectedEntries += 1
        do {
          let number = try number(of: entry.name)
          let found = try number.map { try Self.find(find, $0, entry.value + bytes) } ?? nil
          // A wrong number is no damage that a reader would see.
          if found?.isOneOfSeveral != entry.isOneOfSeveral {
            let what = found == nil ? "is missing in the index" : "is marked wrongly in the index"
            report("\(key): a value of \(name(of: names.paths[entry.name])) \(what)")
          }
        } catch {
          throw CorruptBlob(
            "its index cannot be read: \((error as? DatabaseError)?.message ?? "\(error)")")
        }
      }
    }

    private mutating func entries(of entity: Entity, _ key: Key) -> [IndexEntry] {
      names.entries(of: entity, key: key)
        + names.storedEntries(
          of: entity, key: key, composites.filter { $0.state == .ready })
    }

    private mutating func number(of name: Int) throws -> Int64? {
      while numbers.count <= name {
        let select = try RawStatement.own(connection, "SELECT id FROM property WHERE path = ?")
        defer { select.reset() }
        try select.bind(copying: names.paths[numbers.count], at: 1)
        numbers.append(try select.step() ? select.number(0) : nil)
      }
      return numbers[name]
    }

    private static func find(
      _ statement: RawStatement, _ property: Int64, _ position: [UInt8]
    ) throws -> EntryTarget? {
      defer { statement.reset() }
      return try position.withUnsafeBytes { bytes in
        try statement.bind(property, at: 1)
        try statement.bind(bytes, at: 2)
        return try statement.step() ? EntryTarget(stored: statement.number(0)) : nil
      }
    }

    /// The name at the end of a path, for people.
    private func name(of path: [UInt8]) -> String {
      if let id = path.withUnsafeBytes(CompositeIndex.id(ofPath:)) {
        return composites.first { $0.id == id }.map { "\($0.index)" } ?? "an unknown index"
      }
      let name = path.dropLast().split(separator: 0, omittingEmptySubsequences: false).last ?? []
      return "\"\(String(decoding: name, as: UTF8.self))\""
    }

    // MARK: The index

    /// Each entity was looked for in the index; what is over in it belongs to none.
    private mutating func checkIndex() throws {
      let total = try Int.fetchOne(connection, sql: "SELECT count(*) FROM entry") ?? 0
      let unready = Set(
        try composites.filter { $0.state != .ready }.flatMap {
          try IndexBuilding.numbers(ofIndex: $0.id, connection)
        })
      let uncertain = try unready.reduce(0) { sum, number in
        sum
          + (try Int.fetchOne(
            connection, sql: "SELECT count(*) FROM entry WHERE property = ?", arguments: [number])
            ?? 0)
      }
      report.indexEntries = total - uncertain
      if report.indexEntries == expectedEntries, report.problems.isEmpty { return }
      let select = try RawStatement.own(connection, "SELECT property, position FROM entry")
      defer { select.reset() }
      let find = try RawStatement.own(connection, "SELECT data FROM entity WHERE key = ?")
      // Of those whose arrays give them many rows, so that not each row makes all of them anew.
      var known: [[UInt8]: Set<[UInt8]>] = [:]
      while try select.step() {
        if unready.contains(select.number(0)) { continue }
        let position = select.blob(1)
        guard let key = try key(of: position, select.number(0)) else {
          report("A row of the index cannot be read")
          continue
        }
        let value = position.count - key.count
        if let values = known[key] {
          if !values.contains(Array(position.prefix(value))) { reportStranger(key) }
          continue
        }
        defer { find.reset() }
        try find.bind(copying: key, at: 1)
        guard try find.step() else {
          report("A row of the index names \(Self.name(ofKey: key)), which is not there")
          continue
        }
        guard let decoded = try? key.withUnsafeBytes({ try KeyCodec.decode($0) }),
          let properties = try? key.withUnsafeBytes({
            try EntityCodec.decode(find.blob, of: $0)
          })
        else { continue }
        let entries = entries(of: Entity(decoded, properties), decoded)
        let isKnown = entries.contains { entry in
          entry.value.count == value && position.prefix(value).elementsEqual(entry.value)
        }
        if !isKnown { reportStranger(key) }
        if entries.count >= Self.manyEntries {
          if known.count == Self.maximumKnown { known = [:] }
          known[key] = Set(entries.map(\.value))
        }
      }
    }

    private mutating func reportStranger(_ key: [UInt8]) {
      report("A row of the index gives \(Self.name(ofKey: key)) a value that it does not have")
    }

    private static func name(ofKey key: [UInt8]) -> String {
      (try? key.withUnsafeBytes { try KeyCodec.decode($0) }).map { "\($0)" } ?? "no key"
    }

    /// The key behind the value in a row; the row that says of which kind an entity is has no value.
    private func key(
      of position: UnsafeRawBufferPointer, _ property: Int64
    ) throws -> [UInt8]? {
      let path = try path(of: property)
      if let id = path.withUnsafeBytes(CompositeIndex.id(ofPath:)) {
        guard let index = composites.first(where: { $0.id == id }),
          let length = try? CompositeIndex.length(of: position, from: 0, turned: index.turned)
        else { return nil }
        return [UInt8](position[length...])
      }
      if path.suffix(IndexNames.kindProperty.utf8.count + 2)
        .elementsEqual([0] + IndexNames.kindProperty.utf8 + [0]),
        (try? KeyCodec.decode(position)) != nil
      {
        return [UInt8](position)
      }
      guard let length = try? IndexCodec.length(of: position, from: 0) else { return nil }
      return [UInt8](position[length...])
    }

    private func path(of property: Int64) throws -> [UInt8] {
      let select = try RawStatement(connection, "SELECT path FROM property WHERE id = ?")
      defer { select.reset() }
      try select.bind(property, at: 1)
      return try select.step() ? [UInt8](select.blob) : []
    }
  }
#endif
