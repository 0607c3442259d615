// SPDX-License-Identifier: Apache-2.0
#if !SQLite
  public import DatastoreModel

  /// A datastore in one file on this machine, stored by SQLite. It needs the package's trait
  /// "SQLite".
  @available(
    *, unavailable,
    message: """
      SQLiteBackend needs the trait "SQLite" of swift-arrival: add traits: ["SQLite"] to its \
      .package(…) in Package.swift
      """
  )
  public final class SQLiteBackend: DatastoreBackend {
    /// Not available without the trait "SQLite".
    public init(path: String) throws {}

    /// Not available without the trait "SQLite".
    public static func inMemory() throws -> SQLiteBackend { try SQLiteBackend(path: "") }

    /// Not available without the trait "SQLite".
    public func lookup(_ keys: [Key], options: ReadOptions) async throws -> LookupReply {
      LookupReply(found: [])
    }

    /// Not available without the trait "SQLite".
    public func commit(
      _ mutations: [Mutation], in transaction: TransactionSelector?
    ) async throws -> CommitReply { CommitReply(keys: []) }

    /// Not available without the trait "SQLite".
    public func query(_ request: QueryRequest, options: ReadOptions) async throws -> QueryReply {
      QueryReply(items: [], endCursor: QueryCursor(bytes: []), more: .none)
    }

    /// Not available without the trait "SQLite".
    public func aggregate(
      _ request: AggregationRequest, options: ReadOptions
    ) async throws -> AggregationReply { AggregationReply(values: []) }

    /// Not available without the trait "SQLite".
    public func close() async throws {}
  }
#endif
