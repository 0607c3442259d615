// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB

  /// A commit, checked and encoded outside the database's queue.
  struct CommitPlan: Sendable {
    static let maxMutations = Limits.acceptedMutations

    let mutations: [Mutation]
    let identifiers: @Sendable () -> Int64
    /// The keys' bytes. An incomplete key got an ID, which may change.
    private(set) var encodedKeys: EncodedKeys
    /// The entities' bytes, one after the other. A deletion has none, nor does an entity that
    /// depends on the stored one.
    private(set) var blobs: [UInt8]
    private let blobEnds: [Int]
    /// The keys of the reply.
    private(set) var keys: [Key]
    /// The index entries of each entity for single properties. As for the bytes, some have none.
    let entries: [[IndexEntry]]
    /// The properties of the entries.
    let paths: PropertyPaths

    /// How many bytes keys and entities have.
    var byteCount: Int { blobs.count + encodedKeys.bytes.count }

    init(
      _ mutations: [Mutation], limit: Int = Self.maxMutations,
      identifiers: @escaping @Sendable () -> Int64
    ) throws {
      guard mutations.count <= limit else {
        throw DatastoreError(
          .invalidArgument,
          """
          A commit takes up to \(limit) mutations and was given \
          \(mutations.count). Split it.
          """)
      }
      var encoder = Encoder(capacity: mutations.count)
      for mutation in mutations {
        try encoder.add(mutation, Self.key(of: mutation, identifiers: identifiers))
      }
      self.mutations = mutations
      self.identifiers = identifiers
      keys = encoder.keys
      encodedKeys = EncodedKeys(bytes: encoder.keyWriter.bytes, ends: encoder.keyEnds)
      blobs = encoder.blobWriter.bytes
      blobEnds = encoder.blobEnds
      entries = encoder.entries
      paths = encoder.paths
      try resolveRepeatedKeys()
    }

    /// What a plan has of each mutation.
    private struct Encoder: ~Copyable {
      var keys: [Key] = []
      var keyWriter: BlobWriter
      var keyEnds: [Int] = []
      var blobWriter: BlobWriter
      var blobEnds: [Int] = []
      var entries: [[IndexEntry]] = []
      var paths = PropertyPaths()

      init(capacity: Int) {
        keyWriter = BlobWriter(capacity: capacity * 48)
        blobWriter = BlobWriter(capacity: capacity * 128)
        keys.reserveCapacity(capacity)
        keyEnds.reserveCapacity(capacity)
        blobEnds.reserveCapacity(capacity)
        entries.reserveCapacity(capacity)
      }

      mutating func add(_ mutation: Mutation, _ key: Key) throws {
        keys.append(key)
        let keyStart = keyWriter.count
        KeyCodec.encode(key, into: &keyWriter)
        keyEnds.append(keyWriter.count)
        let encoded = mutation.dependsOnStoredEntity ? nil : mutation.entity
        if let entity = encoded {
          do {
            try EntityCodec.encode(
              entity, into: &blobWriter, keyChecksum: keyWriter.checksum(from: keyStart))
          } catch {
            throw DatastoreError(
              .invalidArgument,
              """
              The entity nests arrays and entities over \(EntityCodec.maxDepth) deep. \
              Flatten it, or store the inner ones as entities of their own.
              """, key: key)
          }
        }
        blobEnds.append(blobWriter.count)
        entries.append(encoded.map { paths.entries(of: $0, key: key) } ?? [])
      }
    }

    /// Refuses two mutations of one key. If one of the keys has a random ID, it gets another one.
    private mutating func resolveRepeatedKeys() throws(DatastoreError) {
      var attempts = 0
      while let (first, second) = encodedKeys.firstRepeated() {
        let drawn = [first, second].first { mutations[$0].key?.isComplete == false }
        guard let drawn, attempts < AutomaticID.maxAttempts else {
          throw DatastoreError(
            .invalidArgument,
            "A commit has two mutations of this key. Send the second one in a later commit.",
            key: keys[second])
        }
        attempts += 1
        let id = identifiers()
        keys[drawn] = keys[drawn].completed(id: id)
        let old = withKey(drawn, EntityCodec.checksum(ofKey:))
        encodedKeys.replaceID(drawn, with: id)
        if blobRange(drawn).isEmpty { continue }
        EntityCodec.changeKey(
          of: &blobs, endingAt: blobEnds[drawn], from: old,
          to: withKey(drawn, EntityCodec.checksum(ofKey:)))
      }
    }

    /// The key to write. An incomplete key gets an ID.
    private static func key(
      of mutation: Mutation, identifiers: @Sendable () -> Int64
    ) throws(DatastoreError) -> Key {
      guard let key = mutation.key else {
        throw DatastoreError(
          .invalidArgument,
          "An entity without a key cannot be stored. Give it one, which may be incomplete.")
      }
      if key.isComplete { return key }
      switch mutation.operation {
      case .insert, .upsert: return key.completed(id: identifiers())
      case .update, .delete:
        throw DatastoreError(
          .invalidArgument,
          "Only an insert or an upsert may have an incomplete key. Give the key an ID or a name.",
          key: key)
      }
    }

    func blobRange(_ mutation: Int) -> Range<Int> {
      (mutation == 0 ? 0 : blobEnds[mutation - 1])..<blobEnds[mutation]
    }

    func withKey<T>(_ mutation: Int, _ body: (UnsafeRawBufferPointer) throws -> T) rethrows -> T {
      try encodedKeys.bytes.withUnsafeBytes {
        try body(UnsafeRawBufferPointer(rebasing: $0[encodedKeys.range(mutation)]))
      }
    }
  }
#endif
