// SPDX-License-Identifier: Apache-2.0
#if !Cloud
  public import DatastoreModel

  /// Google Cloud Datastore; part of the package's trait "Cloud".
  @available(
    *, unavailable,
    message: """
      CloudBackend needs the trait "Cloud" of swift-arrival: add traits: ["Cloud"] to its \
      .package(…) in Package.swift
      """
  )
  public final class CloudBackend: DatastoreBackend {
    /// How to call it.
    public struct Configuration: Sendable {
      /// Not available without the trait "Cloud".
      public init(project: String? = nil, database: String = "") {}
    }

    /// Not available without the trait "Cloud".
    public init(
      _ configuration: Configuration, log: (@Sendable (String) -> Void)? = nil
    ) throws {}

    /// Not available without the trait "Cloud".
    public func lookup(_ keys: [Key], options: ReadOptions) async throws -> LookupReply {
      LookupReply(found: [])
    }

    /// Not available without the trait "Cloud".
    public func commit(
      _ mutations: [Mutation], in transaction: TransactionSelector?
    ) async throws -> CommitReply { CommitReply(keys: []) }

    /// Not available without the trait "Cloud".
    public func query(_ request: QueryRequest, options: ReadOptions) async throws -> QueryReply {
      QueryReply(items: [], endCursor: QueryCursor(bytes: []), more: .none)
    }

    /// Not available without the trait "Cloud".
    public func aggregate(
      _ request: AggregationRequest, options: ReadOptions
    ) async throws -> AggregationReply { AggregationReply(values: []) }

    /// Not available without the trait "Cloud".
    public func close() async throws {}
  }
#endif
