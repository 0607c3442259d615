// SPDX-License-Identifier: Apache-2.0
#if Cloud
  package import DatastoreModel
  internal import SwiftProtobuf

  extension WireFormat {
    /// The message of a mutation.
    package func encode(_ mutation: Mutation) -> Wire.Mutation {
      var message = Wire.Mutation()
      switch mutation.operation {
      case .insert(let entity): message.insert = encode(entity)
      case .update(let entity): message.update = encode(entity)
      case .upsert(let entity): message.upsert = encode(entity)
      case .delete(let key): message.delete = encode(key)
      }
      if let mask = mutation.propertyMask { message.propertyMask.paths = mask }
      message.propertyTransforms = mutation.propertyTransforms.map(encode)
      switch mutation.conflictDetection {
      case nil: break
      case .baseVersion(let version)?: message.baseVersion = version
      case .updateTime(let time)?: message.updateTime = encode(time)
      }
      message.conflictResolutionStrategy =
        switch mutation.conflictResolutionStrategy {
        case .unspecified: .strategyUnspecified
        case .serverValue: .serverValue
        case .fail: .fail
        }
      return message
    }

    /// The message of a transform.
    private func encode(_ transform: PropertyTransform) -> Wire.PropertyTransform {
      .with {
        $0.property = transform.property
        switch transform.operation {
        case .setToServerTime: $0.setToServerValue = .requestTime
        case .increment(let value): $0.increment = encode(value)
        case .maximum(let value): $0.maximum = encode(value)
        case .minimum(let value): $0.minimum = encode(value)
        case .appendMissingElements(let values):
          $0.appendMissingElements.values = values.map { encode($0) }
        case .removeAllFromArray(let values):
          $0.removeAllFromArray.values = values.map { encode($0) }
        }
      }
    }

    /// The reply to a commit, one result per mutation.
    ///
    /// - Throws: As ``keys(of:for:)``.
    package func decode(
      _ reply: Wire.CommitResponse, for mutations: [Mutation]
    ) throws(DatastoreError) -> CommitReply {
      let keys = try keys(of: reply, for: mutations)
      var results: [MutationResult] = []
      results.reserveCapacity(keys.count)
      for (key, message) in zip(keys, reply.mutationResults) {
        var result = MutationResult(
          key, version: message.version == 0 ? nil : message.version,
          createTime: message.hasCreateTime ? try? decode(message.createTime) : nil,
          updateTime: message.hasUpdateTime ? try? decode(message.updateTime) : nil,
          conflictDetected: message.conflictDetected)
        for value in message.transformResults { result.transformResults.append(try decode(value)) }
        results.append(result)
      }
      var decoded = CommitReply(
        results: results, commitTime: reply.hasCommitTime ? try? decode(reply.commitTime) : nil)
      decoded.indexUpdates = Int(reply.indexUpdates)
      return decoded
    }

    /// The keys of a commit, one per mutation. The reply names a key only if the mutation's key was
    /// incomplete.
    ///
    /// - Throws: `DatastoreError` with the code `internal` if the reply does not fit the mutations.
    ///   The commit was written nevertheless, and the message says so.
    package func keys(
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
