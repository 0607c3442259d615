// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB

  extension IntegrityCheck {
    /// Looks for earlier states that cannot be read, or that do not follow each other.
    mutating func checkHistory() throws {
      let clock = try CommitClock(connection)
      let latest = try Int64.fetchOne(connection, sql: "SELECT max(updated) FROM entity") ?? 0
      if latest > clock.committed {
        report("An entity was written later than the last commit, whose time is wrong")
      }
      let select = try RawStatement.uncached(
        connection,
        "SELECT key, ended, updated, age, data FROM history ORDER BY key, ended")
      defer { select.reset() }
      var last: (key: [UInt8], ended: Int64)?
      var bytes: Int64 = 0
      while try select.step() {
        report.historyRows += 1
        bytes += HistoryWriter.bytes(ofRow: select.blob(0).count + select.blob(4).count)
        let key = [UInt8](select.blob(0))
        let (ended, updated) = (select.number(1), select.number(2))
        if let last, last.key != key { try checkPresent(last.key, since: last.ended) }
        let begun = last?.key == key ? last?.ended ?? .min : .min
        if updated < begun || ended <= updated || ended > clock.committed || select.number(3) < 0 {
          report("The times of an earlier state of \(Self.name(ofKey: key)) are wrong")
        }
        do throws(CorruptBlob) {
          _ = try EntityCodec.decode(select.blob(4), of: select.blob(0))
        } catch {
          report("An earlier state of \(Self.name(ofKey: key)) cannot be read: \(error.reason)")
        }
        last = (key, ended)
      }
      if let last { try checkPresent(last.key, since: last.ended) }
      if bytes != clock.historyBytes {
        report(
          """
          The history takes \(Limits.grouped(Int(bytes))) bytes, but the file says \
          \(Limits.grouped(Int(clock.historyBytes)))
          """)
      }
    }

    /// Compares the present state of an entity with the end of the one before.
    private mutating func checkPresent(_ key: [UInt8], since ended: Int64) throws {
      let select = try RawStatement.uncached(
        connection, "SELECT updated FROM entity WHERE key = ?")
      defer { select.reset() }
      try select.bind(copying: key, at: 1)
      if try select.step(), select.number(0) < ended {
        report("\(Self.name(ofKey: key)) is older than its history")
      }
    }
  }
#endif
