// SPDX-License-Identifier: Apache-2.0
#if Cloud
  package import DatastoreModel

  extension WireFormat {
    /// The reply to a lookup: found, missing and deferred keys in any order.
    ///
    /// An entity that cannot be read, or a key that the server left out, fails alone.
    ///
    /// - Throws: `DatastoreError` with the code `dataLoss` if a key cannot be read, because then
    ///   its entity cannot be assigned.
    package func decode(
      _ reply: Wire.LookupResponse, asked: [Key]
    ) throws(DatastoreError) -> LookupReply {
      var open = OpenKeys(asked)
      var found: [Entity] = []
      found.reserveCapacity(reply.found.count)
      var failures: [Key: DatastoreError] = [:]
      for result in reply.found {
        // Read once: each access copies the message.
        let message = result.entity
        let key = try decode(message.key)
        // Skip entities that were not asked for, and duplicates.
        guard open.remove(key) else { continue }
        do throws(DatastoreError) {
          var entity = try decode(message, key)
          note(result, in: &entity)
          found.append(entity)
        } catch {
          failures[key] = error
        }
      }
      for result in reply.missing { _ = open.remove(try decode(result.entity.key)) }
      var deferred: [Key] = []
      for message in reply.deferred {
        let key = try decode(message)
        if open.remove(key) { deferred.append(key) }
      }
      for key in open.rest {
        failures[key] = DatastoreError(
          .internal,
          """
          The server's reply to a lookup of \(asked.count) keys omits this key. Try again. If the \
          error persists, report it as a fault of the server.
          """, key: key)
      }
      var decoded = LookupReply(
        found: found, deferred: deferred, failures: failures,
        transaction: transaction(reply.transaction),
        readTime: reply.hasReadTime ? try? decode(reply.readTime) : nil)
      if let version = reply.missing.first?.version, version != 0 {
        decoded.snapshotVersion = version
      }
      return decoded
    }

    /// Notes the version and the times of a result. Some servers leave them out.
    package func note(_ result: Wire.EntityResult, in entity: inout Entity) {
      if result.version != 0 { entity.version = result.version }
      if result.hasCreateTime { entity.createTime = try? decode(result.createTime) }
      if result.hasUpdateTime { entity.updateTime = try? decode(result.updateTime) }
    }
  }

  /// The keys of a lookup that the reply has not answered yet.
  ///
  /// Most replies come in the order of the keys. Such a reply costs one comparison per key and no
  /// hash table.
  private struct OpenKeys {
    private let asked: [Key]
    /// How many keys at the front are answered, while there is no table.
    private var answered = 0
    private var table: Set<Key>?

    init(_ asked: [Key]) { self.asked = asked }

    /// Returns `false` for a key that was not asked for or was already answered.
    mutating func remove(_ key: Key) -> Bool {
      if table == nil {
        if answered < asked.count, asked[answered] == key {
          answered += 1
          return true
        }
        table = Set(asked[answered...])
      }
      return table?.remove(key) != nil
    }

    var rest: [Key] { table.map(Array.init) ?? Array(asked[answered...]) }
  }
#endif
