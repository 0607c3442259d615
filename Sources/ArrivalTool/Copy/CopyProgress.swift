// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArrivalFormats
  internal import ArrivalDatastore

  /// How far a copy is, as an entity at its target that is written in the commit of each chunk.
  ///
  /// Its key has the address of the source and the options, so a copy with others is another copy.
  /// The commit of the last chunk removes it.
  struct CopyProgress: Sendable, Equatable {
    /// How many entities the source had when the copy began, and how many of them are dealt with.
    var total = 0
    var done = 0
    var stored = 0
    var problems = 0
    /// The key of the last entity that is dealt with.
    var last: Key?

    init() {}

    /// The key of the copy from an address.
    static func key(from address: String, options: String) -> Key {
      Key(
        "Copy", name: "\(FileFingerprint(of: address + "\n" + options))",
        namespace: Store.progressNamespace)
    }

    /// - Returns: `nil` if the entity is not the progress of a copy.
    init?(_ entity: Entity) {
      guard let total = entity["total"]?.integerValue, let done = entity["done"]?.integerValue,
        let stored = entity["stored"]?.integerValue,
        let problems = entity["problems"]?.integerValue, case .key(let last)? = entity["last"]
      else { return nil }
      self.total = Int(total)
      self.done = Int(done)
      self.stored = Int(stored)
      self.problems = Int(problems)
      self.last = last
    }

    /// The entity that keeps the progress.
    ///
    /// - Parameter options: The options as a person wrote them.
    func entity(_ key: Key, from address: String, options: String) -> Entity {
      Entity(
        key,
        [
          "from": .unindexed(.string(address)), "options": .unindexed(.string(options)),
          "total": .unindexed(.integer(Int64(total))),
          "done": .unindexed(.integer(Int64(done))),
          "stored": .unindexed(.integer(Int64(stored))),
          "problems": .unindexed(.integer(Int64(problems))),
          "last": .unindexed(last.map { .key($0) } ?? .null),
        ])
    }
  }
#endif
