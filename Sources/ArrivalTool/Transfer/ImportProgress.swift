// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArrivalFormats
  internal import ArrivalDatastore

  /// How far an import is, as an entity that is written in the commit of each chunk.
  ///
  /// Its key has the fingerprint of the file's bytes and of the options. So another file, a changed
  /// file, or other options are another import. The commit of the last chunk removes it.
  struct ImportProgress: Sendable, Equatable {
    /// Where programs that use the datastore do not see it.
    static let namespace = "arrival.import"

    /// How many entities and problems of the file are dealt with.
    var items = 0
    var stored = 0
    var problems = 0

    init() {}

    /// The key of the import of a file.
    ///
    /// - Parameter options: All options that change what is stored.
    static func key(of source: InputSource, options: String) throws(InputError) -> Key {
      let file = try FileFingerprint(of: source)
      return Key(
        "Import", name: "\(file) \(FileFingerprint(of: options))", namespace: namespace)
    }

    /// - Returns: `nil` if the entity is not the progress of an import.
    init?(_ entity: Entity) {
      guard let items = entity["items"]?.integerValue, let stored = entity["stored"]?.integerValue,
        let problems = entity["problems"]?.integerValue
      else { return nil }
      self.items = Int(items)
      self.stored = Int(stored)
      self.problems = Int(problems)
    }

    func entity(_ key: Key, file: String) -> Entity {
      Entity(
        key,
        [
          "file": .unindexed(.string(file)), "items": .unindexed(.integer(Int64(items))),
          "stored": .unindexed(.integer(Int64(stored))),
          "problems": .unindexed(.integer(Int64(problems))),
        ])
    }
  }
#endif
