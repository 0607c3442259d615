// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB

  /// The state of the file at an earlier time.
  ///
  /// It is the present one without the entities that were written later, and with what they and
  /// deleted entities were then, which is in the history.
  struct PastState: Sendable {
    /// The time, in microseconds.
    let time: Int64

    /// Checks that everything of the state is kept.
    func check(_ connection: Database) throws {
      let clock = try CommitClock(connection)
      try RequestRules.check(
        readTime: Timestamp(microseconds: time), now: .max,
        keptSince: Timestamp(microseconds: clock.horizon))
    }

    /// What an entity was that was written later, or is gone. `nil` if it did not exist.
    func entity(
      _ key: Key, _ bytes: UnsafeRawBufferPointer, _ connection: Database
    ) throws -> Entity? {
      let select = try RawStatement(
        connection,
        """
        SELECT updated, age, data FROM history WHERE key = ?1 AND ended > ?2
        ORDER BY ended LIMIT 1
        """)
      defer { select.reset() }
      try select.bind(bytes, at: 1)
      try select.bind(time, at: 2)
      guard try select.step(), select.number(0) <= time else { return nil }
      do throws(CorruptBlob) {
        return Entity(
          key, try EntityCodec.decode(select.blob(2), of: bytes), EntityTimes(select, 0))
      } catch {
        throw StoreFailure.corrupt(key, error)
      }
    }

    /// The results of a query that only the history has, in order.
    func rows(
      _ query: NormalizedQuery, _ evaluation: QueryEvaluation, _ connection: Database
    ) throws -> [QueryEvaluation.Row] {
      let select = try RawStatement(
        connection,
        "SELECT ended, updated, age, key, data FROM history ORDER BY id DESC")
      defer { select.reset() }
      var rows: [QueryEvaluation.Row] = []
      while try select.step(), select.number(0) > time {
        guard select.number(1) <= time else { continue }
        let bytes = select.blob(3)
        guard let key = try? KeyCodec.decode(bytes), isWanted(key, query) else { continue }
        do throws(CorruptBlob) {
          let properties = try EntityCodec.decode(select.blob(4), of: bytes)
          let entity = Entity(key, properties, EntityTimes(select, 1))
          rows += try rowsOf(entity, [UInt8](bytes), evaluation)
        } catch {
          throw StoreFailure.corrupt(key, error)
        }
      }
      return rows.sorted { ByteComparison.precedes($0.position, $1.position) }
    }

    /// Calls the body with each entity of the state, in no order.
    ///
    /// - Parameter withProperties: Whether the entities have their properties.
    func forEachEntity(
      _ connection: Database, withProperties: Bool, _ body: (Entity) throws -> Void
    ) throws {
      for table in ["entity WHERE updated <= ?1", "history WHERE ended > ?1 AND updated <= ?1"] {
        let select = try RawStatement(connection, "SELECT key, data FROM \(table)")
        defer { select.reset() }
        try select.bind(time, at: 1)
        while try select.step() {
          let bytes = select.blob(0)
          guard let key = try? KeyCodec.decode(bytes) else { continue }
          var entity = Entity(key)
          if withProperties {
            do throws(CorruptBlob) {
              entity.properties = try EntityCodec.decode(select.blob(1), of: bytes)
            } catch {
              throw StoreFailure.corrupt(key, error)
            }
          }
          try body(entity)
        }
      }
    }

    private func rowsOf(
      _ entity: Entity, _ key: [UInt8], _ evaluation: QueryEvaluation
    ) throws(CorruptBlob) -> [QueryEvaluation.Row] {
      do {
        return try evaluation.rows(entity, key: key)
      } catch {
        throw CorruptBlob(error.message)
      }
    }

    private func isWanted(_ key: Key, _ query: NormalizedQuery) -> Bool {
      guard identicalText(key.namespace, query.request.namespace) else { return false }
      return query.request.kind.map { identicalText(key.kind, $0) } ?? true
    }
  }
#endif
