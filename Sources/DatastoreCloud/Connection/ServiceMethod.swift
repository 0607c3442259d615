#if Cloud
  internal import GRPCCore

  /// The calls of the service `google.datastore.v1.Datastore`.
  ///
  /// All are unary, so that one generic call serves them, and no client is generated.
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
