#if SQLite
  internal import ArrivalDatastore

  /// Entities that are stored together, with their line numbers. A pure value.
  struct ImportChunk: Sendable {
    static let maxCount = 1000
    /// The chunk is full once it reaches this size, so only its last entity can exceed it.
    static let maxBytes = 4 << 20

    private(set) var lines: [Int] = []
    private(set) var entities: [Entity] = []
    private var bytes = 0

    var isFull: Bool { entities.count >= Self.maxCount || bytes >= Self.maxBytes }

    mutating func append(_ entity: Entity, line: Int) {
      lines.append(line)
      entities.append(entity)
      bytes += entity.storageSize
    }
  }
#endif
