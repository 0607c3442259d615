// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArrivalDatastore

  /// Entities that are stored together, with their line numbers, and what else is to be said about
  /// the lines between them. A pure value.
  struct ImportChunk: Sendable {
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
    /// How much of the file was read up to this chunk, from 0 to 1; `nil` if that is not known.
    var fractionRead: Double?
    private var indexes: [Key: Int] = [:]
    /// The size of the entities.
    private(set) var bytes = 0

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
