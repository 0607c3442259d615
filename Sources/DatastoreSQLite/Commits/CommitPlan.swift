#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB

  /// A commit made ready outside the database's queue: keys and entities encoded, mistakes found.
  struct CommitPlan: Sendable {
    static let maximumMutations = 500

    let mutations: [Mutation]
    let identifiers: @Sendable () -> Int64
    /// The keys' bytes; an incomplete key's end with an ID drawn in advance.
    private(set) var table: KeyTable
    /// The entities' bytes, one behind the other, and where each ends; a deletion's are empty.
    private(set) var blobs: [UInt8]
    let blobEnds: [Int]
    /// The keys of the reply.
    private(set) var keys: [Key]
    /// What the index has to say of each entity, and the properties named there; a deletion has none.
    let entries: [[IndexEntry]]
    let names: IndexNameTable

    init(_ mutations: [Mutation], identifiers: @escaping @Sendable () -> Int64) throws {
      guard mutations.count <= Self.maximumMutations else {
        throw DatastoreError(
          .invalidArgument,
          """
          A commit takes up to \(Self.maximumMutations) mutations and was given \
          \(mutations.count). Split it.
          """)
      }
      var keys: [Key] = []
      var keyWriter = BlobWriter(capacity: mutations.count * 48)
      var keyEnds: [Int] = []
      var blobWriter = BlobWriter(capacity: mutations.count * 128)
      var blobEnds: [Int] = []
      keys.reserveCapacity(mutations.count)
      keyEnds.reserveCapacity(mutations.count)
      blobEnds.reserveCapacity(mutations.count)
      var names = IndexNameTable()
      var entries: [[IndexEntry]] = []
      entries.reserveCapacity(mutations.count)
      for mutation in mutations {
        let key = try Self.key(of: mutation, identifiers: identifiers)
        keys.append(key)
        let keyStart = keyWriter.count
        KeyCodec.encode(key, into: &keyWriter)
        keyEnds.append(keyWriter.count)
        if let entity = mutation.entity {
          do {
            try EntityCodec.encode(
              entity, into: &blobWriter, keyChecksum: keyWriter.checksum(from: keyStart))
          } catch {
            throw DatastoreError(
              .invalidArgument,
              """
              The entity nests arrays and entities over \(EntityCodec.maximumDepth) deep. \
              Flatten it, or store the inner ones as entities of their own.
              """, key: key)
          }
        }
        blobEnds.append(blobWriter.count)
        entries.append(mutation.entity.map { names.entries(of: $0, key: key) } ?? [])
      }
      self.names = names
      self.entries = entries
      self.mutations = mutations
      self.identifiers = identifiers
      self.keys = keys
      self.table = KeyTable(bytes: keyWriter.bytes, ends: keyEnds)
      self.blobs = blobWriter.bytes
      self.blobEnds = blobEnds
      try settleRepeatedKeys()
    }

    /// Refuses two mutations of one key; an ID drawn by chance gives way instead.
    private mutating func settleRepeatedKeys() throws(DatastoreError) {
      var attempts = 0
      while let (first, second) = table.firstRepeated() {
        let drawn = [first, second].first { mutations[$0].key?.isComplete == false }
        guard let drawn, attempts < AutomaticID.maximumAttempts else {
          throw DatastoreError(
            .invalidArgument,
            "A commit has two mutations of this key. Send the second in a later one.",
            key: keys[second])
        }
        attempts += 1
        let id = identifiers()
        keys[drawn] = keys[drawn].completed(id: id)
        let old = withKey(drawn, EntityCodec.checksum(ofKey:))
        table.replaceID(drawn, with: id)
        EntityCodec.changeKey(
          of: &blobs, endingAt: blobEnds[drawn], from: old,
          to: withKey(drawn, EntityCodec.checksum(ofKey:)))
      }
    }

    /// The key to write to: an ID stands in for a missing one.
    private static func key(
      of mutation: Mutation, identifiers: @Sendable () -> Int64
    ) throws(DatastoreError) -> Key {
      guard let key = mutation.key else {
        throw DatastoreError(
          .invalidArgument, "An entity without key cannot be stored. Give it a key, if incomplete.")
      }
      if key.isComplete { return key }
      switch mutation {
      case .insert, .upsert: return key.completed(id: identifiers())
      case .update, .delete:
        throw DatastoreError(
          .invalidArgument, "Only an insert or an upsert may have an incomplete key.", key: key)
      }
    }

    func blobRange(_ index: Int) -> Range<Int> {
      (index == 0 ? 0 : blobEnds[index - 1])..<blobEnds[index]
    }
  }
#endif
