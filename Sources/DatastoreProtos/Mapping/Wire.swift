// SPDX-License-Identifier: Apache-2.0
#if Cloud
  internal import DatastoreModel
  internal import SwiftProtobuf

  /// Short names for the generated messages, which share names with the model's types.
  package enum Wire {
    package typealias Key = Google_Datastore_V1_Key
    package typealias Value = Google_Datastore_V1_Value
    package typealias Entity = Google_Datastore_V1_Entity
    package typealias Mutation = Google_Datastore_V1_Mutation
    package typealias PropertyTransform = Google_Datastore_V1_PropertyTransform
    package typealias ExplainOptions = Google_Datastore_V1_ExplainOptions
    package typealias ExplainMetrics = Google_Datastore_V1_ExplainMetrics
    package typealias Query = Google_Datastore_V1_Query
    package typealias Filter = Google_Datastore_V1_Filter
    package typealias PropertyFilter = Google_Datastore_V1_PropertyFilter
    package typealias GQLQuery = Google_Datastore_V1_GqlQuery
    package typealias PartitionID = Google_Datastore_V1_PartitionId
    package typealias EntityResult = Google_Datastore_V1_EntityResult
    package typealias MutationResult = Google_Datastore_V1_MutationResult
    package typealias AggregationQuery = Google_Datastore_V1_AggregationQuery
    package typealias QueryBatch = Google_Datastore_V1_QueryResultBatch
    package typealias LookupRequest = Google_Datastore_V1_LookupRequest
    package typealias LookupResponse = Google_Datastore_V1_LookupResponse
    package typealias CommitRequest = Google_Datastore_V1_CommitRequest
    package typealias CommitResponse = Google_Datastore_V1_CommitResponse
    package typealias RunQueryRequest = Google_Datastore_V1_RunQueryRequest
    package typealias RunQueryResponse = Google_Datastore_V1_RunQueryResponse
    package typealias RunAggregationQueryRequest = Google_Datastore_V1_RunAggregationQueryRequest
    package typealias RunAggregationQueryResponse = Google_Datastore_V1_RunAggregationQueryResponse
    package typealias BeginTransactionRequest = Google_Datastore_V1_BeginTransactionRequest
    package typealias BeginTransactionResponse = Google_Datastore_V1_BeginTransactionResponse
    package typealias RollbackRequest = Google_Datastore_V1_RollbackRequest
    package typealias RollbackResponse = Google_Datastore_V1_RollbackResponse
    package typealias AllocateIdsRequest = Google_Datastore_V1_AllocateIdsRequest
    package typealias AllocateIdsResponse = Google_Datastore_V1_AllocateIdsResponse
    package typealias ReserveIdsRequest = Google_Datastore_V1_ReserveIdsRequest
    package typealias ReserveIdsResponse = Google_Datastore_V1_ReserveIdsResponse
    package typealias ReadOptions = Google_Datastore_V1_ReadOptions
    package typealias TransactionOptions = Google_Datastore_V1_TransactionOptions
  }

  /// Converts the model's types to messages and back. Pure functions.
  ///
  /// Keys of the model name no project and no database; they are added here. A key from another
  /// project or database is refused, because it would silently turn into a key of this one.
  package struct WireFormat: Sendable, Hashable {
    /// Who sent the messages that are decoded.
    package enum Sender: Sendable, Hashable {
      /// A client reads a server's replies. A reply that the model cannot represent is `dataLoss`.
      case server
      /// A server reads clients' requests. What it cannot represent is an `invalidArgument`.
      case client
    }

    /// The project of all keys.
    package var project: String
    /// The database of all keys; empty for the default database.
    package var database: String
    /// Who sent the messages that are decoded.
    package var sender: Sender

    package init(project: String, database: String, sender: Sender = .server) {
      self.project = project
      self.database = database
      self.sender = sender
    }

    /// The error for a message that the model cannot represent.
    func unreadable(
      _ what: String, key: Key? = nil, property: String? = nil
    ) -> DatastoreError {
      DatastoreError(
        sender == .server ? .dataLoss : .invalidArgument, what, key: key, property: property)
    }

    /// The beginning of a sentence about a message: "The server sent" or "The request has".
    var subject: String { sender == .server ? "The server sent" : "The request has" }
  }
#endif
