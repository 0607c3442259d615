// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import Arrival
  internal import ArrivalFormats
  internal import ArrivalDatastore
  internal import DatastoreEngine

  /// Compares the entities of two datastores. Both are read in the order of their keys, so memory
  /// holds a few pages, however large they are.
  struct DiffJob {
    /// How many entities are the same, and how many are not.
    struct Counts: Equatable {
      var same = 0
      var onlyInA = 0
      var onlyInB = 0
      var changed = 0

      var different: Int { onlyInA + onlyInB + changed }
    }

    let a: Store
    let b: Store
    let sections: [StoreSection]
    let log: ProblemLog
    let isStopped: @Sendable () -> Bool

    private(set) var counts = Counts()
    private var output = Output()

    init(
      _ a: Store, _ b: Store, _ sections: [StoreSection], log: ProblemLog,
      isStopped: @escaping @Sendable () -> Bool
    ) {
      self.a = a
      self.b = b
      self.sections = sections
      self.log = log
      self.isStopped = isStopped
    }

    /// Prints the differences.
    mutating func run() throws {
      for section in sections {
        var left = KeyedEntities(a, section)
        var right = KeyedEntities(b, section)
        var (x, y) = (try left.next(), try right.next())
        while x != nil || y != nil {
          switch Self.order(x, y) {
          case ..<0:
            counts.onlyInA += 1
            try print("- \(x!.key.text)")
            x = try left.next()
          case 1...:
            counts.onlyInB += 1
            try print("+ \(y!.key.text)")
            y = try right.next()
          default:
            try compare(x!.entity, y!.entity, x!.key)
            (x, y) = (try left.next(), try right.next())
          }
          try pause()
        }
      }
      try output.flush()
    }

    private mutating func pause() throws {
      let done = counts.same + counts.different
      guard done.isMultiple(of: 500) else { return }
      log.progress("Comparing", done: done, of: nil)
      if isStopped() {
        try output.flush()
        throw ToolFailure(.interrupted, nil)
      }
    }

    private static func order(_ x: KeyedEntities.Element?, _ y: KeyedEntities.Element?) -> Int {
      guard let x else { return 1 }
      guard let y else { return -1 }
      return x.bytes.lexicographicallyPrecedes(y.bytes)
        ? -1 : y.bytes.lexicographicallyPrecedes(x.bytes) ? 1 : 0
    }

    private mutating func compare(_ x: Entity, _ y: Entity, _ key: Key) throws {
      let differences = EntityDifference.between(x, y)
      if differences.isEmpty {
        counts.same += 1
        return
      }
      counts.changed += 1
      for difference in differences { try print("~ \(key.text) \(difference)") }
    }

    private mutating func print(_ text: String) throws {
      try output.line(Escaped(text).description)
    }
  }

  /// The entities of a section one by one, with the bytes by which their keys are ordered.
  private struct KeyedEntities {
    struct Element {
      var key: Key
      var bytes: [UInt8]
      var entity: Entity
    }

    private var reader: PageReader<Entity>
    private var page: ArraySlice<Entity> = []
    private var last: [UInt8] = []

    init(_ store: Store, _ section: StoreSection) {
      reader = PageReader(Pages(results: store.datastore.query(section.query()), limit: nil))
    }

    mutating func next() throws -> Element? {
      while true {
        guard let entity = page.popFirst() else {
          guard let next = try reader.next() else { return nil }
          page = next[...]
          continue
        }
        guard let key = entity.key, StoreSection.isData(key) else { continue }
        let bytes = KeyCodec.encode(key)
        // Otherwise entities would be reported that both have.
        guard last.lexicographicallyPrecedes(bytes) else {
          throw ToolFailure(
            .database,
            "\(key.text) came after a greater key, so the two datastores cannot be compared")
        }
        last = bytes
        return Element(key: key, bytes: bytes, entity: entity)
      }
    }
  }

  /// What differs between two entities with one key.
  enum EntityDifference {
    /// A sentence for each property that differs: `age: 41 → 42`.
    static func between(_ a: Entity, _ b: Entity) -> [String] {
      var differences: [String] = []
      let names = Set((Array(a.properties.keys) + b.properties.keys).map { ExactText($0) })
      for name in names.sorted().map(\.text) {
        let (x, y) = (a.properties[name], b.properties[name])
        // The text tells apart what compares as equal: 0.0 and -0.0, and Unicode forms.
        let (before, after) = (text(x), text(y))
        if !before.utf8.elementsEqual(after.utf8) {
          differences.append("\(name): \(before) → \(after)")
        } else if x?.isIndexed != y?.isIndexed {
          differences.append("\(name): \(index(x)) → \(index(y))")
        }
      }
      return differences
    }

    private static func text(_ property: Entity.Property?) -> String {
      property.map { EntityJSON.node(of: $0.value).text } ?? "(none)"
    }

    private static func index(_ property: Entity.Property?) -> String {
      property?.isIndexed == true ? "indexed" : "unindexed"
    }
  }
#endif
