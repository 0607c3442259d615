// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import Arrival
  internal import ArrivalDatastore
  internal import DatastoreModel
  internal import DatastoreSQLite

  /// Where an import stores its chunks.
  protocol ImportTarget {
    /// The most entities of a chunk.
    var maxEntities: Int { get }
    /// A chunk is full once its entities reach this size, so only its last entity can exceed it.
    var maxBytes: Int { get }
    /// How many entities are known to be durable.
    var committed: Int { get }

    /// Stores the entities of a chunk, all or none. The future of the chunk before must be done.
    ///
    /// The chunk may become durable only with later ones, in one transaction with the progress of
    /// the last of them.
    ///
    /// - Parameters:
    ///   - entities: The entities. No two have the same key.
    ///   - insertsOnly: Whether to leave out entities whose keys exist.
    ///   - progress: What happens to the entity that keeps the progress. It is given how many
    ///     entities were left out.
    /// - Returns: A future of the indexes of the entities that were left out.
    mutating func store(
      _ entities: [Entity], insertsOnly: Bool, progress: @escaping ImportProgressUpdate
    ) throws -> Future<Set<Int>>

    /// Makes all chunks durable. Blocks until they are.
    mutating func commit() throws
  }

  /// What happens to the entity that keeps the progress, if this many entities are left out.
  typealias ImportProgressUpdate = @Sendable (_ existing: Int) -> ImportTargetProgress

  extension ImportTarget {
    /// A commit of the datastore has up to 500 mutations, one of which is the import's progress.
    var maxEntities: Int { 499 }
    /// This keeps a commit with the chunk's last entity below the 4 MiB of one request.
    var maxBytes: Int { 2 << 20 }
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
      _ entities: [Entity], insertsOnly: Bool, progress: @escaping ImportProgressUpdate
    ) -> Future<Set<Int>> {
      transaction { tx in
        let existing =
          insertsOnly ? try await Self.existing(entities.map(\.key)) { tx.get($0) } : []
        for (index, entity) in entities.enumerated() where !existing.contains(index) {
          // The commit fails with the error of a write that is refused.
          tx.put(entity).onCompletion { _ in }
        }
        switch progress(existing.count) {
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

  /// Stores each chunk in a transaction of its own.
  struct DatastoreTarget: ImportTarget {
    /// The datastore, which the first chunk opens.
    private let datastore: () throws -> Datastore
    private var last: (count: Int, existing: Future<Set<Int>>)?
    private(set) var committed = 0

    init(_ datastore: @escaping () throws -> Datastore) { self.datastore = datastore }

    mutating func store(
      _ entities: [Entity], insertsOnly: Bool, progress: @escaping ImportProgressUpdate
    ) throws -> Future<Set<Int>> {
      try commit()
      let existing = try datastore().storeChunk(
        entities, insertsOnly: insertsOnly, progress: progress)
      last = (entities.count, existing)
      return existing
    }

    mutating func commit() throws {
      guard let (count, existing) = last else { return }
      last = nil
      committed += count - (try existing.getResult()).count
    }
  }

  /// Stores chunks in a file, many in one transaction.
  ///
  /// The more entities a transaction has, the fewer pages of the index are written several times.
  struct FileTarget: ImportTarget {
    /// The bytes of entities after which a transaction ends, so that other programs that write the
    /// file get their turn.
    private static let transactionBytes = 8 << 20
    /// The same for a file that no other program uses yet.
    private static let transactionBytesOfNewFile = 64 << 20

    /// The file, which the first chunk opens.
    private let file: () throws -> SQLiteBackend
    private let isNew: Bool
    private var transaction: BulkTransaction?
    /// The last chunk.
    private var last: (existing: Future<Set<Int>>, progress: ImportProgressUpdate)?
    private var progress = ImportTargetProgress.none
    /// The entities of the transaction.
    private var count = 0
    private var bytes = 0
    private var committedBytes = 0
    private(set) var committed = 0

    var maxEntities: Int { 2_000 }

    init(isNew: Bool, _ file: @escaping () throws -> SQLiteBackend) {
      self.isNew = isNew
      self.file = file
    }

    /// In a new file, each transaction is as large as all before it, so that even a very large
    /// index is written only a few times.
    private var isTransactionFull: Bool {
      bytes
        >= (isNew ? max(Self.transactionBytesOfNewFile, committedBytes) : Self.transactionBytes)
    }

    mutating func store(
      _ entities: [Entity], insertsOnly: Bool, progress: @escaping ImportProgressUpdate
    ) throws -> Future<Set<Int>> {
      try settle()
      if isTransactionFull { try commit() }
      let transaction = try transaction ?? file().beginBulk()
      self.transaction = transaction
      count += entities.count
      for entity in entities { bytes += entity.storageSize }
      let existing = Future("store a chunk") {
        try await transaction.write(
          entities.map { insertsOnly ? .insert($0) : .upsert($0) }, skipsExisting: insertsOnly)
      }
      last = (existing, progress)
      return existing
    }

    /// Takes note of what the last chunk has left out.
    private mutating func settle() throws {
      guard let (existing, update) = last else { return }
      last = nil
      let left = try existing.getResult().count
      count -= left
      progress = update(left)
    }

    mutating func commit() throws {
      guard let transaction else { return }
      // A failure rolls the transaction back, because nothing refers to it any more.
      self.transaction = nil
      try settle()
      let mutation: Mutation? =
        switch progress {
        case .none: nil
        case .write(let entity): .upsert(entity)
        case .remove(let key): .delete(key)
        }
      try Future("commit chunks") {
        if let mutation { _ = try await transaction.write([mutation]) }
        try await transaction.commit()
      }.getResult()
      committed += count
      committedBytes += bytes
      count = 0
      bytes = 0
      progress = .none
    }
  }

  /// Stores chunks at an address, in the way that suits it.
  enum StoreTarget: ImportTarget {
    case file(FileTarget)
    case datastore(DatastoreTarget)

    /// - Parameters:
    ///   - address: The address.
    ///   - isNew: Whether the address is that of a file that did not exist.
    ///   - mayWait: Whether the input may wait for its writer. A transaction of many chunks would
    ///     keep other programs from writing the file meanwhile, so each chunk has its own.
    ///   - open: Opens the address, when the first chunk is stored.
    init(
      _ address: String, isNew: Bool, mayWait: Bool = false,
      _ open: @escaping () throws -> Store
    ) {
      self =
        Store.isFile(address: address) && !mayWait
        ? .file(FileTarget(isNew: isNew) { try open().file() })
        : .datastore(DatastoreTarget { try open().datastore })
    }

    private var target: any ImportTarget {
      get {
        switch self {
        case .file(let target): target
        case .datastore(let target): target
        }
      }
      set {
        switch newValue {
        case let target as FileTarget: self = .file(target)
        case let target as DatastoreTarget: self = .datastore(target)
        default: break
        }
      }
    }

    var maxEntities: Int { target.maxEntities }
    var maxBytes: Int { target.maxBytes }
    var committed: Int { target.committed }

    mutating func store(
      _ entities: [Entity], insertsOnly: Bool, progress: @escaping ImportProgressUpdate
    ) throws -> Future<Set<Int>> {
      try target.store(entities, insertsOnly: insertsOnly, progress: progress)
    }

    mutating func commit() throws { try target.commit() }
  }

  /// Stores nothing, and keeps what `--dry-run` reports.
  struct DryRunTarget: ImportTarget {
    /// The datastore in which existing keys are looked up; `nil` if there is none.
    let datastore: Datastore?
    let committed = 0
    private(set) var counts: [ExactText: Int] = [:]
    private(set) var first: Entity?

    init(_ datastore: Datastore?) { self.datastore = datastore }

    mutating func store(
      _ entities: [Entity], insertsOnly: Bool, progress: @escaping ImportProgressUpdate
    ) throws -> Future<Set<Int>> {
      var existing: Set<Int> = []
      if insertsOnly, let datastore {
        let keys = entities.map(\.key)
        existing = try Future("look up keys") {
          try await Datastore.existing(keys) { datastore.get($0) }
        }.getResult()
      }
      for (index, entity) in entities.enumerated() where !existing.contains(index) {
        counts[ExactText(entity.key?.kind ?? ""), default: 0] += 1
        first = first ?? entity
      }
      return Future(value: existing)
    }

    mutating func commit() {}
  }
#endif
