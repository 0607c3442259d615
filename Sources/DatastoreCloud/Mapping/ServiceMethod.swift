// SPDX-License-Identifier: Apache-2.0
#if Cloud
  internal import GRPCCore

  /// The RPCs of the service `google.datastore.v1.Datastore`.
  ///
  /// All are unary, so one generic call serves them all, and no client code is generated.
  enum ServiceMethod: String, Sendable, CaseIterable {
    case lookup = "Lookup"
    case runQuery = "RunQuery"
    case runAggregationQuery = "RunAggregationQuery"
    case beginTransaction = "BeginTransaction"
    case commit = "Commit"
    case rollback = "Rollback"
    case allocateIds = "AllocateIds"
    case reserveIds = "ReserveIds"

    static let service = "google.datastore.v1.Datastore"

    var descriptor: MethodDescriptor {
      MethodDescriptor(fullyQualifiedService: Self.service, method: rawValue)
    }
  }
#endif
