#if SQLite
  /// What a row of the index says beside value and key, as one number in the file.
  struct EntryTarget: Sendable, Hashable {
    /// The entity's number: a hint that spares a search by key, and no more, for whoever follows it
    /// looks whether the entity found has the row's key. Rows from before version 5 have 0.
    var number: Int64
    /// Whether the entity has other values of the property too.
    var isOneOfSeveral: Bool

    init(_ number: Int64, isOneOfSeveral: Bool) {
      self.number = number
      self.isOneOfSeveral = isOneOfSeveral
    }

    init(stored: Int64) {
      self.init(stored >> 1, isOneOfSeveral: stored & 1 != 0)
    }

    /// A number that loses its first bit here, which SQLite gives to no entity, is a wrong hint.
    var stored: Int64 { number << 1 | (isOneOfSeveral ? 1 : 0) }
  }
#endif
