#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB

  /// An entity that a query may find, at the place where it would be.
  struct Candidate {
    /// Its value of the first order; empty for an order by key.
    var first: [UInt8]
    var key: [UInt8]
    /// Its entity's number, if it is right.
    var number: Int64
    /// Whether its entity has other values of the property too.
    var isOneOfSeveral = false
  }

  /// Goes through ranges of one tree in its order, or against it.
  final class IndexScan {
    /// The trees: that of keys, and that of the values of each property.
    enum Tree {
      case keys
      /// How many bytes at the front of each row are a value that all rows share; `nil` if they have
      /// values of their own, which come first in the candidates.
      case property(Int64, sharedValue: Int?)
      /// An index over several properties: so many bytes that all rows share, then values of which
      /// some are turned over.
      case composite(Int64, prefix: Int, turned: [Bool])

      /// - Parameter withData: Whether to find the entities too, by their numbers: in one statement,
      ///   for starting one for each of them takes its time too. Whoever takes one compares the keys,
      ///   which SQLite would copy. Rows without a number are searched by key where it can tell it.
      func sql(isDescending: Bool, withData: Bool = false) -> String {
        let way = isDescending ? "DESC" : "ASC"
        return switch self {
        case .keys:
          """
          SELECT key, id << 1, \(withData ? "data, key" : "NULL, NULL"), NULL FROM entity
          WHERE key >= ?1 AND key < ?2 ORDER BY key \(way)
          """
        case .property where withData, .composite where withData:
          """
          SELECT position, target, data, key, CASE WHEN target < 2 THEN
            (SELECT data FROM entity WHERE key = substr(position, ?4)) END
          FROM entry LEFT JOIN entity ON id = target >> 1
          WHERE property = ?3 AND position >= ?1 AND position < ?2 ORDER BY position \(way)
          """
        case .property, .composite:
          """
          SELECT position, target, NULL, NULL, NULL FROM entry
          WHERE property = ?3 AND position >= ?1 AND position < ?2 ORDER BY position \(way)
          """
        }
      }

      /// Counts no more rows than are asked about.
      var countingSQL: String {
        switch self {
        case .keys:
          """
          SELECT count(*) FROM
            (SELECT 1 FROM entity WHERE key >= ?1 AND key < ?2 LIMIT ?4)
          """
        case .property, .composite:
          """
          SELECT count(*) FROM (SELECT 1 FROM entry
            WHERE property = ?3 AND position >= ?1 AND position < ?2 LIMIT ?4)
          """
        }
      }
    }

    private let statement: RawStatement
    private let tree: Tree
    private let isDescending: Bool
    private let withData: Bool
    private var ranges: ArraySlice<ByteRange>
    private var isStepping = false
    private let cost: QueryCost

    init(
      _ connection: Database, _ tree: Tree, _ ranges: [ByteRange], isDescending: Bool,
      withData: Bool = false, _ cost: QueryCost
    ) throws {
      statement = try .own(connection, tree.sql(isDescending: isDescending, withData: withData))
      self.withData = withData
      self.tree = tree
      self.isDescending = isDescending
      self.ranges = (isDescending ? ranges.reversed() : ranges)[...]
      self.cost = cost
    }

    deinit { statement.reset() }

    /// How many rows the ranges have, up to `limit`; they are passed over and not read.
    static func count(
      _ connection: Database, _ tree: Tree, _ ranges: [ByteRange], limit: Int, _ cost: QueryCost
    ) throws -> Int {
      let statement = try RawStatement(connection, tree.countingSQL)
      var count = 0
      for range in ranges where count < limit {
        defer { statement.reset() }
        try tree.bind(range, to: statement)
        try statement.bind(Int64(limit - count), at: 4)
        if try statement.step() { count += Int(statement.number(0)) }
      }
      cost.numbers.counted += count
      return count
    }

    func next() throws -> Candidate? { try step() ? try candidate() : nil }

    /// Goes to the next row; `false` if there is none.
    func step() throws -> Bool {
      while true {
        if !isStepping {
          guard let range = ranges.popFirst() else { return false }
          try tree.bind(range, to: statement)
          if withData, case .property(_, let shared?) = tree {
            try statement.bind(Int64(shared + 1), at: 4)
          }
          isStepping = true
        }
        if try statement.step() {
          cost.numbers.indexRows += 1
          return true
        }
        statement.reset()
        isStepping = false
      }
    }

    /// The key of the row gone to, in SQLite's memory until the next step.
    func key() throws -> UnsafeRawBufferPointer {
      let row = statement.blob(0)
      let start: Int
      switch tree {
      case .keys: start = 0
      case .property(_, let shared?): start = min(shared, row.count)
      case .property(_, nil): start = try Self.valueLength(row, tree)
      case .composite(_, let prefix, _): start = try prefix + Self.valueLength(row, tree)
      }
      return UnsafeRawBufferPointer(rebasing: row[start...])
    }

    /// The bytes of the entity with the key of the row gone to, if they were asked for and found, as
    /// long as the key.
    func data(of key: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
      if !withData { return nil }
      if KeyTable.compare(statement.blob(3), key) == 0 { return statement.blob(2) }
      let found = statement.blob(4)
      if found.isEmpty { return nil }
      cost.numbers.keySearches += 1
      return found
    }

    /// What the row gone to says of its entity.
    var target: EntryTarget { EntryTarget(stored: statement.number(1)) }

    private func candidate() throws -> Candidate {
      let key = [UInt8](try key())
      let target = target
      let prefix: Int
      switch tree {
      case .keys, .property(_, _?): return Candidate(first: [], key: key, number: target.number)
      case .property(_, nil): prefix = 0
      case .composite(_, let shared, _): prefix = shared
      }
      return Candidate(
        first: [UInt8](statement.blob(0).dropLast(key.count).dropFirst(prefix)), key: key,
        number: target.number, isOneOfSeveral: target.isOneOfSeveral)
    }

    private static func valueLength(_ row: UnsafeRawBufferPointer, _ tree: Tree) throws -> Int {
      do throws(CorruptBlob) {
        if case .composite(_, let prefix, let turned) = tree {
          return try CompositeIndex.length(of: row, from: prefix, turned: turned)
        }
        return try IndexCodec.length(of: row, from: 0)
      } catch {
        throw StoreFailure.corruptIndex(error)
      }
    }
  }

  extension IndexScan.Tree {
    fileprivate func bind(_ range: ByteRange, to statement: RawStatement) throws {
      try statement.bind(copying: range.lower, at: 1)
      try statement.bind(copying: range.upper ?? [IndexCodec.afterAll], at: 2)
      switch self {
      case .keys: break
      case .property(let number, _), .composite(let number, _, _):
        try statement.bind(number, at: 3)
      }
    }
  }

  /// What a query made SQLite read: tests see by it that it is no more than it has to be.
  final class QueryCost {
    struct Numbers: Sendable, Equatable {
      var indexRows = 0
      /// Rows that were counted to choose a way.
      var counted = 0
      var probes = 0
      /// Stored entities searched for one property.
      var glances = 0
      var entities = 0
      /// Entities searched by their keys: the number at hand was another's, or none.
      var keySearches = 0
      /// Conjunctions that an index over several properties answers.
      var composites = 0
      /// The most results that were in memory at once to be sorted.
      var kept = 0
    }

    var numbers = Numbers()
  }
#endif
