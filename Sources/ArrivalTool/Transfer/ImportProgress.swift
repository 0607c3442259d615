// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArrivalFormats
  internal import ArrivalDatastore

  /// How far an import is, as an entity that is written in the commit of each chunk.
  ///
  /// Its key has the fingerprint of the file's bytes and of the options. So another file, a changed
  /// file, or other options are another import. The commit of the last chunk marks it as complete.
  struct ImportProgress: Sendable, Equatable {
    /// Why other entities are not stored there.
    static let refusal =
      """
      in the namespace \(Store.progressNamespace), imports and copies keep how far they are; use \
      another one
      """

    /// How many entities and problems of the file are dealt with.
    var items = 0
    var stored = 0
    var problems = 0
    /// Whether the whole file is dealt with.
    var isComplete = false

    init() {}

    /// The key of the import of a file.
    ///
    /// - Parameter options: All options that change what is stored.
    static func key(of file: FileFingerprint, options: String) -> Key {
      Key(
        "Import", name: "\(file) \(FileFingerprint(of: options))",
        namespace: Store.progressNamespace)
    }

    /// The bytes of the file whose import has this key.
    static func file(of key: Key) -> Substring? { key.name?.split(separator: " ").first }

    /// - Returns: `nil` if the entity is not the progress of an import.
    init?(_ entity: Entity) {
      guard let items = entity["items"]?.integerValue, let stored = entity["stored"]?.integerValue,
        let problems = entity["problems"]?.integerValue
      else { return nil }
      self.items = Int(items)
      self.stored = Int(stored)
      self.problems = Int(problems)
      isComplete = entity["complete"] == .boolean(true)
    }

    /// The entity that keeps the progress.
    ///
    /// - Parameter options: The options as a person wrote them.
    func entity(_ key: Key, file: String, options: String) -> Entity {
      Entity(
        key,
        [
          "file": .unindexed(.string(file)), "options": .unindexed(.string(options)),
          "items": .unindexed(.integer(Int64(items))),
          "stored": .unindexed(.integer(Int64(stored))),
          "problems": .unindexed(.integer(Int64(problems))),
          "complete": .unindexed(.boolean(isComplete)),
        ])
    }
  }
#endif
