// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Arrival
  import ArrivalDatastore

  extension Entity {
    /// A thing with one of three values of `group`, one of seven of `other`, none to three random
    /// values of `rank`, and one random value of `single`.
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
