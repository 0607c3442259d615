// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArrivalDatastore

  /// Entities that are stored together, with their line numbers, and what else is to be said about
  /// the lines between them. A pure value.
  struct ImportChunk: Sendable {
    /// A commit of the Datastore has up to 500 mutations, one of which is the import's progress.
    static let maxCount = 499
    /// The chunk is full once it reaches this size, so only its last entity can exceed it. It keeps
    /// a commit with that entity below the 4 MiB of one request.
    static let maxBytes = 2 << 20

    /// A sentence about a line.
    struct Message: Sendable {
      /// `nil` for a sentence about the file as a whole.
      var line: Int?
      /// The last line before it, by which messages are sorted.
      var order: Int
      var text: String
      /// Whether a row is not stored.
      var isProblem: Bool
    }

    private(set) var lines: [Int] = []
    private(set) var entities: [Entity] = []
    var messages: [Message] = []
    private var indexes: [Key: Int] = [:]
    private var bytes = 0

    var isFull: Bool {
      entities.count >= Self.maxCount || bytes >= Self.maxBytes || messages.count >= 1_000
    }

    /// Adds an entity. It takes the place of one with the same key, because a commit cannot write a
    /// key twice.
    mutating func append(_ entity: Entity, line: Int) {
      bytes += entity.storageSize
      if let key = entity.key, key.isComplete {
        if let index = indexes[key] {
          lines[index] = line
          entities[index] = entity
          return
        }
        indexes[key] = entities.count
      }
      lines.append(line)
      entities.append(entity)
    }
  }
#endif
