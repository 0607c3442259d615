#if Cloud
  internal import Datastore

  extension WireFormat {
    /// The message of a mutation.
    func encode(_ mutation: Mutation) -> Wire.Mutation {
      var message = Wire.Mutation()
      switch mutation {
      case .insert(let entity): message.insert = encode(entity)
      case .update(let entity): message.update = encode(entity)
      case .upsert(let entity): message.upsert = encode(entity)
      case .delete(let key): message.delete = encode(key)
      }
      return message
    }

    /// The keys a commit's reply names, one a mutation: the reply has one only where the mutation's
    /// was not complete.
    ///
    /// - Throws: `DatastoreError` with `internal` if the reply is not one to these mutations. What
    ///   was asked for is written all the same, and the message says so.
    func keys(
      of reply: Wire.CommitResponse, for mutations: [Mutation]
    ) throws(DatastoreError) -> [Key] {
      guard reply.mutationResults.count == mutations.count else {
        throw DatastoreError(
          .internal,
          """
          The server answered a commit of \(mutations.count) mutations with \
          \(reply.mutationResults.count) results. What was asked for is written; the keys it chose \
          are not known.
          """)
      }
      var keys: [Key] = []
      keys.reserveCapacity(mutations.count)
      for (mutation, result) in zip(mutations, reply.mutationResults) {
        if result.hasKey {
          do throws(DatastoreError) {
            keys.append(try decode(result.key))
          } catch {
            throw DatastoreError(
              .internal,
              """
              The server answered a commit with a key that cannot be read. What was asked for is \
              written. \(error.message)
              """)
          }
        } else if let key = mutation.key, key.isComplete {
          keys.append(key)
        } else {
          throw DatastoreError(
            .internal,
            """
            The server wrote an entity under a key of its choice and did not name it. The entity is \
            there; look for it with a query.
            """, key: mutation.key)
        }
      }
      return keys
    }
  }
#endif
