#if SQLite
  import Arrival
  import ArrivalDatastore

  extension Entity {
    /// One of a third of the things in its group and a seventh of those in `other`; none to three values
    /// of `rank`, and one of `single`, at random.
    static func thing(_ id: Int64, _ generator: inout SeededGenerator) -> Entity {
      let values = (0..<Int.random(in: 0...3, using: &generator)).map { _ in
        Value.integer(.random(in: 0...40, using: &generator))
      }
      return Entity(
        Key("Thing", id: id),
        [
          "group": .indexed(.integer(id % 3)), "other": .indexed(.integer(id % 7)),
          "rank": .indexed(values.count == 1 ? values[0] : .array(values)),
          "single": .indexed(.integer(.random(in: 0...40, using: &generator))),
        ])
    }
  }
#endif
