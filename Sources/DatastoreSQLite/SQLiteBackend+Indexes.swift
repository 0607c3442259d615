// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreModel
  internal import GRDB

  extension SQLiteBackend {
    /// The composite indexes of the file, the oldest first.
    ///
    /// - Throws: As ``contents()``.
    public func indexes() async throws -> [IndexStatus] {
      try await reading { connection in
        try CompositeIndexTable.all(connection).map {
          IndexStatus(index: $0.definition, isReady: $0.state == .ready)
        }
      }
    }

    /// Creates a composite index, unless it exists, and returns when queries use it.
    ///
    /// From then on every process that has the file open maintains it. Stored entities are indexed
    /// 10,000 at a time, and commits go on in between. If the process dies, or the caller is
    /// cancelled, another call goes on from there. Until the index is complete, queries do without
    /// it.
    ///
    /// - Throws: `DatastoreError`: `invalidArgument` for an index that breaks a rule, or with the
    ///   key of an entity that would have over 20,000 rows, and then there is no index;
    ///   `resourceExhausted` for over 200 indexes or a full disk; or as ``commit(_:)``.
    public func createIndex(_ index: Index) async throws {
      try await createIndex(index, portion: CompositeIndexBuilder.portion)
    }

    /// Tests build indexes in small portions, and look at the file in between.
    package func createIndex(
      _ index: Index, portion: Int, _ afterPortion: () async throws -> Void = {}
    ) async throws {
      try index.check()
      while true {
        guard let found = try await findOrAdd(index) else { continue }
        switch found.state {
        case .ready: return
        case .dropping: try await empty(found.id, portion: portion)
        case .building: return try await build(found.id, portion: portion, afterPortion)
        }
      }
    }

    private func findOrAdd(_ index: Index) async throws -> CompositeIndex? {
      try await writing { connection in
        if let found = try CompositeIndexTable.find(index, connection) { return found }
        guard try CompositeIndexTable.all(connection).count < CompositeIndexTable.maxCount else {
          throw DatastoreError(
            .resourceExhausted,
            """
            There are \(CompositeIndexTable.maxCount) composite indexes, which is the limit. Drop \
            one that no query needs.
            """)
        }
        try CompositeIndexTable.add(index, connection)
        return try CompositeIndexTable.find(index, connection)
      }
    }

    private func build(
      _ id: Int64, portion: Int, _ afterPortion: () async throws -> Void
    ) async throws {
      do {
        while try await fill(id, portion: portion) == .unfinished {
          try await afterPortion()
          try Task.checkCancellation()
        }
      } catch let error as DatastoreError where error.code == .invalidArgument {
        try await writing { try CompositeIndexTable.set(.dropping, of: id, $0) }
        try await empty(id, portion: portion)
        throw error
      }
    }

    /// Removes a composite index. Queries stop using it at once.
    ///
    /// Its rows are removed 10,000 at a time, and commits go on in between. If that is interrupted,
    /// another call goes on.
    ///
    /// - Throws: `DatastoreError`: `notFound` if there is none, or as ``commit(_:)``.
    public func dropIndex(_ index: Index) async throws {
      let id = try await writing { connection in
        guard let found = try CompositeIndexTable.find(index, connection) else {
          throw DatastoreError(
            .notFound, "There is no index \(index). indexes() returns the existing ones.")
        }
        try CompositeIndexTable.set(.dropping, of: found.id, connection)
        return found.id
      }
      try await empty(id, portion: CompositeIndexBuilder.portion)
    }

    private func fill(_ id: Int64, portion: Int) async throws -> CompositeIndexBuilder.Progress {
      try await writing { [propertyIDs] in
        try CompositeIndexBuilder.fill(id: id, portion: portion, propertyIDs, $0)
      }
    }

    private func empty(_ id: Int64, portion: Int) async throws {
      while try await writing({
        try CompositeIndexBuilder.empty(id: id, portion: portion, $0)
      }) == .unfinished {
        try Task.checkCancellation()
      }
    }
  }
#endif
