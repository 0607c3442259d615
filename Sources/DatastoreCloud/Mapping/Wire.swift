// SPDX-License-Identifier: Apache-2.0
#if Cloud
  internal import DatastoreModel
  internal import SwiftProtobuf

  /// Short names for the generated messages, which share names with the model's types.
  enum Wire {
    typealias Key = Google_Datastore_V1_Key
    typealias Value = Google_Datastore_V1_Value
    typealias Entity = Google_Datastore_V1_Entity
    typealias Mutation = Google_Datastore_V1_Mutation
    typealias PropertyTransform = Google_Datastore_V1_PropertyTransform
    typealias EntityResult = Google_Datastore_V1_EntityResult
    typealias ExplainOptions = Google_Datastore_V1_ExplainOptions
    typealias ExplainMetrics = Google_Datastore_V1_ExplainMetrics
    typealias Query = Google_Datastore_V1_Query
    typealias Filter = Google_Datastore_V1_Filter
    typealias PropertyFilter = Google_Datastore_V1_PropertyFilter
    typealias AggregationQuery = Google_Datastore_V1_AggregationQuery
    typealias QueryBatch = Google_Datastore_V1_QueryResultBatch
    typealias LookupRequest = Google_Datastore_V1_LookupRequest
    typealias LookupResponse = Google_Datastore_V1_LookupResponse
    typealias CommitRequest = Google_Datastore_V1_CommitRequest
    typealias CommitResponse = Google_Datastore_V1_CommitResponse
    typealias RunQueryRequest = Google_Datastore_V1_RunQueryRequest
    typealias RunQueryResponse = Google_Datastore_V1_RunQueryResponse
    typealias RunAggregationQueryRequest = Google_Datastore_V1_RunAggregationQueryRequest
    typealias RunAggregationQueryResponse = Google_Datastore_V1_RunAggregationQueryResponse
    typealias BeginTransactionRequest = Google_Datastore_V1_BeginTransactionRequest
    typealias BeginTransactionResponse = Google_Datastore_V1_BeginTransactionResponse
    typealias RollbackRequest = Google_Datastore_V1_RollbackRequest
    typealias RollbackResponse = Google_Datastore_V1_RollbackResponse
    typealias AllocateIdsRequest = Google_Datastore_V1_AllocateIdsRequest
    typealias AllocateIdsResponse = Google_Datastore_V1_AllocateIdsResponse
    typealias ReserveIdsRequest = Google_Datastore_V1_ReserveIdsRequest
    typealias ReserveIdsResponse = Google_Datastore_V1_ReserveIdsResponse
    typealias ReadOptions = Google_Datastore_V1_ReadOptions
    typealias TransactionOptions = Google_Datastore_V1_TransactionOptions
  }

  /// Converts the model's types to messages and back. Pure functions.
  ///
  /// Keys of the model name no project and no database. The backend's are added here. A key that
  /// comes back from another project or database is refused, because it would silently turn into
  /// a key of this one.
  struct WireFormat: Sendable, Hashable {
    /// The project of all keys.
    var project: String
    /// The database of all keys; empty for the default database.
    var database: String
  }

  /// The error for a reply that the model cannot represent.
  func unreadable(
    _ what: String, key: Key? = nil, property: String? = nil
  ) -> DatastoreError {
    DatastoreError(.dataLoss, what, key: key, property: property)
  }
#endif
