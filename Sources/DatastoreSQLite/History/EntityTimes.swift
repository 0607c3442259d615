// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreModel

  /// The columns `updated` and `age` of an entity.
  struct EntityTimes {
    /// The time of the commit that wrote the entity, in microseconds. It is also its version.
    var updated: Int64
    /// How much earlier the entity was created.
    var age: Int64

    var created: Int64 { updated - age }

    init(updated: Int64, age: Int64) {
      self.updated = updated
      self.age = age
    }

    /// The times of an entity that is written at a time and had these times before.
    init(at time: Int64, after old: EntityTimes) {
      self.init(updated: time, age: time - old.created)
    }

    /// Reads the columns, of which `updated` is this one.
    init(_ statement: RawStatement, _ column: Int32) {
      self.init(updated: statement.number(column), age: statement.number(column + 1))
    }

    /// What a commit answers for a mutation that wrote the entity.
    func result(_ key: Key) -> MutationResult {
      MutationResult(
        key, version: updated, createTime: Timestamp(microseconds: created),
        updateTime: Timestamp(microseconds: updated))
    }
  }

  extension Entity {
    /// An entity as it is stored.
    init(_ key: Key?, _ properties: Properties, _ times: EntityTimes) {
      self.init(key, properties)
      version = times.updated
      updateTime = Timestamp(microseconds: times.updated)
      createTime = Timestamp(microseconds: times.created)
    }
  }
#endif
