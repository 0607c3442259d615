#if SQLite
  internal import Datastore
  internal import GRDB

  /// An entity that a query may find, at the place where it would be.
  struct Candidate {
    /// Its value of the first order; empty for an order by key.
    var first: [UInt8]
    var key: [UInt8]
    /// Whether its entity has other values of the property too.
    var isOneOfSeveral = false
    /// Its results at this place, if they are known already.
    var rows: [QueryEvaluation.Row]?
  }

  /// Goes through ranges of one tree in its order, or against it.
  final class IndexScan {
    /// The trees: that of keys, and that of the values of each property.
    enum Tree {
      case keys
      /// How many bytes at the front of each row are a value that all rows share; `nil` if they have
      /// values of their own, which come first in the candidates.
      case property(Int64, sharedValue: Int?)

      func sql(isDescending: Bool) -> String {
        let way = isDescending ? "DESC" : "ASC"
        return switch self {
        case .keys:
          "SELECT key, 0 FROM entity WHERE key >= ?1 AND key < ?2 ORDER BY key \(way)"
        case .property:
          """
          SELECT position, several FROM entry
          WHERE property = ?3 AND position >= ?1 AND position < ?2 ORDER BY position \(way)
          """
        }
      }
    }

    private let statement: RawStatement
    private let tree: Tree
    private let isDescending: Bool
    private var ranges: ArraySlice<ByteRange>
    private var isStepping = false
    private let cost: QueryCost

    init(
      _ connection: Database, _ tree: Tree, _ ranges: [ByteRange], isDescending: Bool,
      _ cost: QueryCost
    ) throws {
      statement = try .own(connection, tree.sql(isDescending: isDescending))
      self.tree = tree
      self.isDescending = isDescending
      self.ranges = (isDescending ? ranges.reversed() : ranges)[...]
      self.cost = cost
    }

    deinit { statement.reset() }

    func next() throws -> Candidate? {
      while true {
        if !isStepping {
          guard let range = ranges.popFirst() else { return nil }
          try statement.bind(copying: range.lower, at: 1)
          try statement.bind(copying: range.upper ?? [IndexCodec.afterAll], at: 2)
          if case .property(let number, _) = tree { try statement.bind(number, at: 3) }
          isStepping = true
        }
        if try statement.step() {
          cost.numbers.indexRows += 1
          return try candidate()
        }
        statement.reset()
        isStepping = false
      }
    }

    private func candidate() throws -> Candidate {
      let row = statement.blob(0)
      switch tree {
      case .keys: return Candidate(first: [], key: [UInt8](row))
      case .property(_, let shared?):
        return Candidate(first: [], key: [UInt8](row.dropFirst(shared)))
      case .property(_, nil):
        do throws(CorruptBlob) {
          let length = try IndexCodec.length(of: row, from: 0)
          return Candidate(
            first: [UInt8](row.prefix(length)), key: [UInt8](row.dropFirst(length)),
            isOneOfSeveral: statement.number(1) != 0)
        } catch {
          throw StoreFailure.corruptIndex(error)
        }
      }
    }
  }

  /// What a query made SQLite read: tests see by it that it is no more than it has to be.
  final class QueryCost {
    struct Numbers: Sendable, Equatable {
      var indexRows = 0
      var probes = 0
      var entities = 0
    }

    var numbers = Numbers()
  }
#endif
