#if SQLite
  internal import Datastore

  /// The entities that are stored together, with the lines they stand on: pure, without I/O.
  struct ImportChunk: Sendable {
    static let maximumCount = 1000

    private(set) var lines: [Int] = []
    private(set) var entities: [Entity] = []

    var isFull: Bool { entities.count >= Self.maximumCount }

    mutating func append(_ entity: Entity, line: Int) {
      lines.append(line)
      entities.append(entity)
    }
  }
#endif
