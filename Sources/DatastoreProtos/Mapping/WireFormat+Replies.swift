// SPDX-License-Identifier: Apache-2.0
#if Cloud
  package import DatastoreModel
  package import FoundationEssentials
  private import SwiftProtobuf

  // What a server writes into replies.

  extension WireFormat {
    /// The result of a lookup or a query.
    package func encode(result entity: Entity) -> Wire.EntityResult {
      var message = Wire.EntityResult()
      message.entity = encode(entity)
      if let version = entity.version { message.version = version }
      if let time = entity.createTime { message.createTime = encode(time) }
      if let time = entity.updateTime { message.updateTime = encode(time) }
      return message
    }

    /// The result of a lookup that found nothing in the state of a version.
    package func encode(missing key: Key, version: Int64?) -> Wire.EntityResult {
      var message = Wire.EntityResult()
      message.entity.key = encode(key)
      if let version { message.version = version }
      return message
    }

    /// The batch of a reply to a query.
    package func encode(
      _ reply: QueryReply, of request: QueryRequest
    ) -> Wire.QueryBatch {
      var batch = Wire.QueryBatch()
      batch.entityResultType =
        switch request.projection {
        case []: .full
        case [QueryRequest.keyProperty]: .keyOnly
        default: .projection
        }
      batch.entityResults = reply.items.map { item in
        var result = encode(result: item.entity)
        result.cursor = Data(item.cursor.bytes)
        return result
      }
      if let time = reply.readTime { batch.readTime = encode(time) }
      if let version = reply.snapshotVersion { batch.snapshotVersion = version }
      batch.skippedResults = Int32(clamping: reply.skipped)
      if let cursor = reply.skippedCursor { batch.skippedCursor = Data(cursor.bytes) }
      batch.endCursor = Data(reply.endCursor.bytes)
      batch.moreResults =
        switch reply.more {
        case .notFinished: .notFinished
        case .afterLimit: .moreResultsAfterLimit
        case .afterCursor: .moreResultsAfterCursor
        case .none: .noMoreResults
        }
      return batch
    }

    /// The result of a mutation. Its key is sent only if the server has completed it.
    package func encode(_ result: MutationResult, of mutation: Mutation) -> Wire.MutationResult {
      var message = Wire.MutationResult()
      if mutation.key?.isComplete != true { message.key = encode(result.key) }
      if let version = result.version { message.version = version }
      if let time = result.createTime { message.createTime = encode(time) }
      if let time = result.updateTime { message.updateTime = encode(time) }
      message.conflictDetected = result.conflictDetected
      message.transformResults = result.transformResults.map { encode($0) }
      return message
    }

    /// The bytes of a transaction's ID.
    package func encode(_ transaction: TransactionID) -> Data { Data(transaction.bytes) }
  }
#endif
