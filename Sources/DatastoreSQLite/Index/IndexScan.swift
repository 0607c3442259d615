// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB

  /// Scans ranges of one tree, in its order or in reverse.
  final class IndexScan {
    private let statement: RawStatement
    private let tree: IndexTree
    private let isDescending: Bool
    private let withData: Bool
    private var ranges: ArraySlice<ByteRange>
    private var isStepping = false
    private let cost: QueryCost

    init(
      _ connection: Database, _ tree: IndexTree, _ ranges: [ByteRange], isDescending: Bool,
      withData: Bool = false, _ cost: QueryCost
    ) throws {
      statement = try .uncached(
        connection, tree.sql(isDescending: isDescending, withData: withData))
      self.withData = withData
      self.tree = tree
      self.isDescending = isDescending
      self.ranges = (isDescending ? ranges.reversed() : ranges)[...]
      self.cost = cost
    }

    deinit { statement.reset() }

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
          cost.counts.indexRows += 1
          return true
        }
        statement.reset()
        isStepping = false
      }
    }

    /// The key of the current row, whose bytes are valid until the next step.
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

    /// The bytes of the current row's entity, if the scan has found them. They are valid as long as
    /// the key.
    func data(of key: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
      if !withData { return nil }
      if ByteComparison.compare(statement.blob(3), key) == 0 { return statement.blob(2) }
      let found = statement.blob(4)
      if found.isEmpty { return nil }
      cost.counts.keySearches += 1
      return found
    }

    /// The target of the current row.
    var target: EntryTarget { EntryTarget(stored: statement.number(1)) }

    private func candidate() throws -> Candidate {
      let key = [UInt8](try key())
      let target = target
      let prefix: Int
      switch tree {
      case .keys, .property(_, _?): return Candidate(orderValues: [], key: key, rowID: target.rowID)
      case .property(_, nil): prefix = 0
      case .composite(_, let shared, _): prefix = shared
      }
      return Candidate(
        orderValues: [UInt8](statement.blob(0).dropLast(key.count).dropFirst(prefix)), key: key,
        rowID: target.rowID, isMultiValued: target.isMultiValued)
    }

    private static func valueLength(_ row: UnsafeRawBufferPointer, _ tree: IndexTree) throws -> Int
    {
      do throws(CorruptBlob) {
        if case .composite(_, let prefix, let inverted) = tree {
          return try CompositeIndex.length(of: row, from: prefix, inverted: inverted)
        }
        return try IndexCodec.length(of: row, from: 0)
      } catch {
        throw StoreFailure.corruptIndex(error)
      }
    }
  }
#endif
