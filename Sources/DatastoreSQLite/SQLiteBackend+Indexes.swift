#if SQLite
  internal import DatastoreEngine
  public import DatastoreModel
  internal import GRDB

  extension SQLiteBackend {
    /// An index over several properties of a kind, in all namespaces.
    ///
    /// It serves queries that compare its first properties with `==` (or `IN`), and are ordered by
    /// the rest of them, each in its direction or each against it; the first of the rest may be
    /// compared with `<`, `<=`, `>`, `>=` too. Such a query reads only what it returns. Queries are
    /// answered without an index just the same, and find the same.
    ///
    /// An entity that lacks one of the properties, or has it unindexed, has no row. Where properties
    /// hold arrays, each combination of their values is a row.
    public struct Index: Sendable, Hashable, CustomStringConvertible {
      /// The kind.
      public var kind: String
      /// The properties, those compared with `==` first, a nested one's as `outer.inner`.
      public var properties: [QueryOrder]
      /// Whether it serves queries for the descendants of a key, and no others.
      public var includesAncestors: Bool

      /// Makes the declaration of an index; ``SQLiteBackend/createIndex(_:)`` makes the index.
      ///
      /// - Parameters:
      ///   - kind: The kind.
      ///   - properties: The properties, at least two; with ancestors, at least one.
      ///   - includesAncestors: Whether it serves queries with an ancestor, and no others.
      public init(kind: String, _ properties: [QueryOrder], includesAncestors: Bool = false) {
        self.kind = kind
        self.properties = properties
        self.includesAncestors = includesAncestors
      }

      /// Kind and properties, such as `Account(city, balance desc)`.
      public var description: String {
        let names =
          (includesAncestors ? ["ancestor"] : [])
          + properties.map { $0.direction == .descending ? "\($0.property) desc" : $0.property }
        return "\(kind)(\(names.joined(separator: ", ")))"
      }
    }

    /// An index of a file.
    public struct IndexStatus: Sendable, Hashable {
      /// The index.
      public var index: Index
      /// Whether queries use it; if not, it is being built or dropped, or that was broken off.
      public var isReady: Bool
    }

    /// The indexes over several properties, the oldest first.
    ///
    /// - Throws: As ``contents()``.
    public func indexes() async throws -> [IndexStatus] {
      try await reading { connection in
        try CompositeTable.all(connection).map {
          IndexStatus(index: $0.index, isReady: $0.state == .ready)
        }
      }
    }

    /// Makes an index over several properties, if there is none yet, and returns when queries use it.
    ///
    /// Every process that has the file open keeps it up from then on. What is stored already is taken
    /// in 10,000 entities at a time, and commits go on between. Where the process dies, or the
    /// caller is cancelled, another call goes on from there; until it is built, queries do without.
    ///
    /// - Throws: `DatastoreError`: `invalidArgument` for an index that breaks a rule, or with the key
    ///   of an entity that would have over 20,000 rows, and then there is no index;
    ///   `resourceExhausted` for over 200 indexes or a full disk; or as ``commit(_:)``.
    public func createIndex(_ index: Index) async throws {
      try await createIndex(index, portion: IndexBuilding.portion)
    }

    /// Tests build in small portions, and look in between.
    package func createIndex(
      _ index: Index, portion: Int, _ afterPortion: () async throws -> Void = {}
    ) async throws {
      try index.check()
      while true {
        let found = try await writing { connection -> CompositeIndex? in
          if let found = try CompositeTable.find(index, connection) { return found }
          guard try CompositeTable.all(connection).count < CompositeTable.maximumCount else {
            throw DatastoreError(
              .resourceExhausted,
              """
              There are \(CompositeTable.maximumCount) indexes over several properties, which is \
              the limit. Drop one that no query needs.
              """)
          }
          try CompositeTable.add(index, connection)
          return try CompositeTable.find(index, connection)
        }
        guard let found else { continue }
        switch found.state {
        case .ready: return
        case .dropping: try await empty(found.id, portion: portion)
        case .building:
          do {
            while try await fill(found.id, portion: portion) == .goOn {
              try await afterPortion()
              try Task.checkCancellation()
            }
          } catch let error as DatastoreError where error.code == .invalidArgument {
            try await writing { try CompositeTable.set(.dropping, of: found.id, $0) }
            try await empty(found.id, portion: portion)
            throw error
          }
          return
        }
      }
    }

    /// Removes an index over several properties; queries do without it from the beginning.
    ///
    /// Its rows are removed 10,000 at a time, and commits go on between. Where that is broken off,
    /// another call goes on.
    ///
    /// - Throws: `DatastoreError`: `notFound` if there is none, or as ``commit(_:)``.
    public func dropIndex(_ index: Index) async throws {
      let id = try await writing { connection in
        guard let found = try CompositeTable.find(index, connection) else {
          throw DatastoreError(
            .notFound, "There is no index \(index). indexes() has those that there are.")
        }
        try CompositeTable.set(.dropping, of: found.id, connection)
        return found.id
      }
      try await empty(id, portion: IndexBuilding.portion)
    }

    private func fill(_ id: Int64, portion: Int) async throws -> IndexBuilding.Step {
      try await writing { [names] in
        try IndexBuilding.fill(id: id, portion: portion, names, $0)
      }
    }

    private func empty(_ id: Int64, portion: Int) async throws {
      while try await writing({ try IndexBuilding.empty(id: id, portion: portion, $0) }) == .goOn {
        try Task.checkCancellation()
      }
    }
  }

  extension SQLiteBackend.Index {
    private static let maximumProperties = 100

    fileprivate func check() throws(DatastoreError) {
      func refusal(_ text: String) -> DatastoreError {
        DatastoreError(.invalidArgument, "The index \(self) \(text)")
      }
      guard 1...Limits.nameBytes ~= kind.utf8.count else {
        throw refusal("has no usable kind. Give it one of 1 to \(Limits.nameBytes) bytes.")
      }
      let least = includesAncestors ? 1 : 2
      guard properties.count >= least else {
        throw refusal(
          "has too few properties: at least \(least). Each property alone is indexed anyway.")
      }
      guard properties.count <= Self.maximumProperties else {
        throw refusal("has over \(Self.maximumProperties) properties. Leave some out.")
      }
      for (place, property) in properties.enumerated() {
        let name = property.property
        guard name != QueryRequest.keyProperty else {
          throw refusal("names __key__. Leave it out: rows of equal values are in its order.")
        }
        guard 1...Limits.nameBytes ~= name.utf8.count else {
          throw refusal("has a property without a usable name of 1 to \(Limits.nameBytes) bytes.")
        }
        let isRepeated = properties[..<place].contains {
          IndexNameTable.isSame($0.property, name)
        }
        guard !isRepeated else { throw refusal("names \"\(name)\" twice. Name it once.") }
      }
    }
  }
#endif
