#if SQLite
  internal import ArrivalFormats
  internal import ArrivalDatastore

  /// The entities of a file, read one by one with their line numbers.
  protocol EntitySource {
    /// The next entity, or the problem of its line; `nil` at the end.
    ///
    /// Throws if the whole file cannot be read.
    mutating func next() throws -> (line: Int, entity: Result<Entity, RowProblem>)?
  }

  /// The entities of a table.
  struct TableEntities: EntitySource {
    private let reader: TableReader
    private let options: ColumnMapping.Options
    private let log: ProblemLog
    private var mapping: ColumnMapping?

    init(_ reader: TableReader, _ options: ColumnMapping.Options, _ log: ProblemLog) {
      self.reader = reader
      self.options = options
      self.log = log
    }

    mutating func next() throws -> (line: Int, entity: Result<Entity, RowProblem>)? {
      while let event = try reader.next() {
        switch event {
        case .header(let header):
          for repair in header.repairs { log.note(repair) }
          mapping = try ColumnMapping(options, columns: header.columns)
        case .malformed(let row): return (row.line, .failure(RowProblem("\(row.reason)")))
        case .row(let row):
          guard let mapping else { continue }
          return (row.line, Result { () throws(RowProblem) in try mapping.entity(of: row) })
        }
      }
      return nil
    }
  }

  /// The entities of a JSON Lines file.
  struct JSONEntities: EntitySource {
    private let reader: LineReader

    init(_ reader: LineReader) { self.reader = reader }

    mutating func next() throws -> (line: Int, entity: Result<Entity, RowProblem>)? {
      guard let line = try reader.next() else { return nil }
      guard let bytes = line.bytes else {
        return (line.number, .failure(RowProblem("the line is longer than any entity may be")))
      }
      do throws(JSONProblem) {
        let entity = try EntityJSON.entity(of: try JSONReader.read(bytes))
        guard entity.key != nil else { throw JSONProblem("the entity has no \"key\"") }
        return (line.number, .success(entity))
      } catch {
        return (line.number, .failure(RowProblem(error.description)))
      }
    }
  }
#endif
