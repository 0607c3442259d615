#if SQLite
  internal import Datastore

  /// The entities that are stored together, with the lines they stand on: pure, without I/O.
  struct ImportChunk: Sendable {
    static let maximumCount = 1000
    /// Reached by the last entity, so a chunk holds at most one entity more.
    static let maximumBytes = 4 << 20

    private(set) var lines: [Int] = []
    private(set) var entities: [Entity] = []
    private var bytes = 0

    var isFull: Bool { entities.count >= Self.maximumCount || bytes >= Self.maximumBytes }

    mutating func append(_ entity: Entity, line: Int) {
      lines.append(line)
      entities.append(entity)
      bytes += entity.storageSize
    }
  }
#endif
