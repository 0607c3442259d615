// SPDX-License-Identifier: Apache-2.0
#if Cloud
  package import GRPCCore

  /// The RPCs of the service `google.datastore.v1.Datastore`.
  ///
  /// All are unary, so one generic call serves them all, and no client code is generated.
  package enum ServiceMethod: String, Sendable, CaseIterable {
    case lookup = "Lookup"
    case runQuery = "RunQuery"
    case runAggregationQuery = "RunAggregationQuery"
    case beginTransaction = "BeginTransaction"
    case commit = "Commit"
    case rollback = "Rollback"
    case allocateIds = "AllocateIds"
    case reserveIds = "ReserveIds"

    package static let service = "google.datastore.v1.Datastore"

    package var descriptor: MethodDescriptor {
      MethodDescriptor(fullyQualifiedService: Self.service, method: rawValue)
    }
  }
#endif
