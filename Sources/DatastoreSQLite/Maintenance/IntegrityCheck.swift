// SPDX-License-Identifier: Apache-2.0
// The folder `Maintenance` has what an operator does with a whole file: checking it, counting its
// contents, and backing it up.

#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB

  /// Looks for damage: runs SQLite's own check, compares entities with the index, and the index
  /// with entities, and reads the history.
  struct IntegrityCheck {
    private static let maxProblems = 100

    let connection: Database
    var report = SQLiteBackend.CheckReport()
    private var paths = PropertyPaths()
    /// The numbers of the first ``paths``, as far as they were looked up.
    private var propertyIDs: [Int64?] = []
    /// How many rows the entities have.
    private(set) var expectedEntries = 0
    /// The composite indexes. Rows of one that is not ready are not checked.
    private(set) var composites: [CompositeIndex] = []

    private init(_ connection: Database) { self.connection = connection }

    /// Runs all steps. Damage that ends a step is a problem in the report, and the next step runs
    /// all the same.
    static func run(_ connection: Database) -> SQLiteBackend.CheckReport {
      var check = IntegrityCheck(connection)
      check.step("The file's structure") { try $0.checkStructure() }
      check.step("The list of indexes") { check in
        check.composites = try CompositeIndexTable.all(check.connection)
      }
      check.step("The entities") { try $0.checkEntities() }
      check.step("The index") { try $0.checkIndex() }
      check.step("The history") { try $0.checkHistory() }
      return check.report
    }

    private mutating func step(
      _ what: String, _ body: (inout IntegrityCheck) throws -> Void
    ) {
      do { try body(&self) } catch {
        report("\(what) cannot be read to the end: \(Self.reason(error))")
      }
    }

    private static func reason(_ error: any Error) -> String {
      (error as? DatabaseError)?.message ?? "\(error)"
    }

    mutating func report(_ problem: String) {
      if report.problems.count < Self.maxProblems {
        report.problems.append(problem)
      } else {
        report.isCutShort = true
      }
    }

    private mutating func checkStructure() throws {
      let lines = try String.fetchAll(
        connection, sql: "PRAGMA integrity_check(\(Self.maxProblems))")
      for line in lines where line != "ok" { report("The file's structure: \(line)") }
    }

    // MARK: Entities

    private mutating func checkEntities() throws {
      let select = try RawStatement.uncached(connection, "SELECT key, data FROM entity")
      defer { select.reset() }
      let find = try RawStatement.uncached(
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
          let id = try propertyID(of: entry.pathIndex)
          let found = try id.map { try Self.find(find, $0, entry.value + bytes) } ?? nil
          // A wrong rowid is no damage, because a reader does not rely on it.
          if found?.isMultiValued != entry.isMultiValued {
            let what = found == nil ? "is missing in the index" : "is marked wrongly in the index"
            report("\(key): a value of \(name(of: paths.paths[entry.pathIndex])) \(what)")
          }
        } catch {
          throw CorruptBlob("its index cannot be read: \(Self.reason(error))")
        }
      }
    }

    mutating func entries(of entity: Entity, _ key: Key) -> [IndexEntry] {
      paths.entries(of: entity, key: key)
        + paths.storedEntries(
          of: entity, key: key, composites.filter { $0.state == .ready })
    }

    private mutating func propertyID(of pathIndex: Int) throws -> Int64? {
      while propertyIDs.count <= pathIndex {
        let select = try RawStatement.uncached(
          connection, "SELECT id FROM property WHERE path = ?")
        defer { select.reset() }
        try select.bind(copying: paths.paths[propertyIDs.count], at: 1)
        propertyIDs.append(try select.step() ? select.number(0) : nil)
      }
      return propertyIDs[pathIndex]
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

    /// The property or index of a path, for people.
    private func name(of path: [UInt8]) -> String {
      if let id = path.withUnsafeBytes(CompositeIndex.id(ofPath:)) {
        return composites.first { $0.id == id }.map { "\($0.definition)" } ?? "an unknown index"
      }
      let name = path.dropLast().split(separator: 0, omittingEmptySubsequences: false).last ?? []
      return "\"\(String(decoding: name, as: UTF8.self))\""
    }
  }
#endif
