// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import Arrival
  internal import ArrivalDatastore

  /// Where an import stores its chunks.
  protocol ImportTarget {
    /// Stores the entities of a chunk in one commit, and with them the progress of the import.
    ///
    /// - Parameters:
    ///   - entities: The entities. No two have the same key.
    ///   - insertsOnly: Whether to leave out entities whose keys exist.
    ///   - progress: What happens to the entity that keeps the progress.
    /// - Returns: A future of the indexes of the entities that were left out.
    mutating func store(
      _ entities: [Entity], insertsOnly: Bool, progress: ImportTargetProgress
    ) throws -> Future<Set<Int>>
  }

  /// What a commit does with the entity that keeps the progress of an import.
  enum ImportTargetProgress: Sendable {
    case none
    case write(Entity)
    case remove(Key)
  }

  extension Datastore {
    /// Stores a chunk in one transaction.
    func storeChunk(
      _ entities: [Entity], insertsOnly: Bool, progress: ImportTargetProgress
    ) -> Future<Set<Int>> {
      transaction { tx in
        let existing =
          insertsOnly ? try await Self.existing(entities.map(\.key)) { tx.get($0) } : []
        for (index, entity) in entities.enumerated() where !existing.contains(index) {
          // The commit fails with the error of a write that is refused.
          tx.put(entity).onCompletion { _ in }
        }
        switch progress {
        case .none: break
        case .write(let entity): tx.put(entity)
        case .remove(let key): tx.delete(key)
        }
        return existing
      }
    }

    /// The indexes of the keys that exist.
    static func existing(
      _ keys: [Key?], _ get: (Key) -> Future<Entity?>
    ) async throws -> Set<Int> {
      let gets = keys.map { key in key.flatMap { $0.isComplete ? get($0) : nil } }
      var existing: Set<Int> = []
      for (index, get) in gets.enumerated() {
        if let get, try await get.value != nil { existing.insert(index) }
      }
      return existing
    }
  }

  /// Stores chunks in a datastore.
  struct DatastoreTarget: ImportTarget {
    /// The datastore, which the first chunk opens.
    let datastore: () throws -> Datastore

    mutating func store(
      _ entities: [Entity], insertsOnly: Bool, progress: ImportTargetProgress
    ) throws -> Future<Set<Int>> {
      try datastore().storeChunk(entities, insertsOnly: insertsOnly, progress: progress)
    }
  }

  /// Stores nothing, and keeps what `--dry-run` reports.
  struct DryRunTarget: ImportTarget {
    /// The datastore in which existing keys are looked up; `nil` if there is none.
    let datastore: Datastore?
    private(set) var counts: [String: Int] = [:]
    private(set) var first: Entity?

    init(_ datastore: Datastore?) { self.datastore = datastore }

    mutating func store(
      _ entities: [Entity], insertsOnly: Bool, progress: ImportTargetProgress
    ) throws -> Future<Set<Int>> {
      var existing: Set<Int> = []
      if insertsOnly, let datastore {
        let keys = entities.map(\.key)
        existing = try Future("look up keys") {
          try await Datastore.existing(keys) { datastore.get($0) }
        }.getResult()
      }
      for (index, entity) in entities.enumerated() where !existing.contains(index) {
        counts[entity.key?.kind ?? "", default: 0] += 1
        first = first ?? entity
      }
      return Future(value: existing)
    }
  }
#endif
