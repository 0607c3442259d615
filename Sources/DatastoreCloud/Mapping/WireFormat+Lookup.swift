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
      var open = Set(asked)
      var found: [Entity] = []
      found.reserveCapacity(reply.found.count)
      var failures: [Key: DatastoreError] = [:]
      for result in reply.found {
        let key = try decode(result.entity.key)
        // Entities nobody asked for, and second ones of a key, are passed over.
        guard open.remove(key) != nil else { continue }
        do throws(DatastoreError) {
          found.append(try decode(result.entity))
        } catch {
          failures[key] = error
        }
      }
      for result in reply.missing { open.remove(try decode(result.entity.key)) }
      var deferred: [Key] = []
      for message in reply.deferred {
        let key = try decode(message)
        if open.remove(key) != nil { deferred.append(key) }
      }
      for key in open {
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
#endif
