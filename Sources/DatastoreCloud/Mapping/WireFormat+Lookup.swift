#if Cloud
  internal import Datastore

  extension WireFormat {
    /// The reply to a lookup: found, missing and deferred keys in any order.
    ///
    /// An entity that cannot be read, and a key that the server left out, fail for themselves.
    ///
    /// - Throws: `DatastoreError` with `dataLoss` for a key that cannot be read, for then it is not
    ///   known whose the rest is.
    func decode(
      _ reply: Wire.LookupResponse, asked: [Key]
    ) throws(DatastoreError) -> LookupReply {
      var open = OpenKeys(asked)
      var found: [Entity] = []
      found.reserveCapacity(reply.found.count)
      var failures: [Key: DatastoreError] = [:]
      for result in reply.found {
        // Once, for it is copied.
        let message = result.entity
        let key = try decode(message.key)
        // Entities nobody asked for, and second ones of a key, are passed over.
        guard open.remove(key) else { continue }
        do throws(DatastoreError) {
          found.append(try decode(message, key))
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
          The server's reply to a lookup of \(asked.count) keys says nothing of this one. Try again; \
          if it stays so, report it as a fault of the server.
          """, key: key)
      }
      return LookupReply(
        found: found, deferred: deferred, failures: failures,
        transaction: transaction(reply.transaction))
    }
  }

  /// The keys of a lookup that the reply has yet to answer.
  ///
  /// Replies may come in any order, and most come in the order of the keys: those cost a comparison each, and
  /// no table.
  private struct OpenKeys {
    private let asked: [Key]
    /// How many at the beginning are answered, as long as there is no table.
    private var answered = 0
    private var table: Set<Key>?

    init(_ asked: [Key]) { self.asked = asked }

    /// `false` for a key that nobody asked for, or that was answered before.
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
