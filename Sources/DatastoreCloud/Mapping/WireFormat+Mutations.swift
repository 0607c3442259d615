// SPDX-License-Identifier: Apache-2.0
#if Cloud
  internal import DatastoreModel

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

    /// The keys of a commit, one per mutation. The reply names a key only if the mutation's key was
    /// incomplete.
    ///
    /// - Throws: `DatastoreError` with the code `internal` if the reply does not fit the mutations.
    ///   The commit was written nevertheless, and the message says so.
    func keys(
      of reply: Wire.CommitResponse, for mutations: [Mutation]
    ) throws(DatastoreError) -> [Key] {
      guard reply.mutationResults.count == mutations.count else {
        throw DatastoreError(
          .internal,
          """
          The server answered a commit of \(mutations.count) mutations with \
          \(reply.mutationResults.count) results. The commit was written, but the keys that the \
          server chose are unknown.
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
              The server answered a commit with an invalid key. The commit was written. \
              \(error.message)
              """)
          }
        } else if let key = mutation.key, key.isComplete {
          keys.append(key)
        } else {
          throw DatastoreError(
            .internal,
            """
            The server stored an entity under a key of its choice and did not send the key. The \
            entity was written; find it with a query.
            """, key: mutation.key)
        }
      }
      return keys
    }
  }
#endif
