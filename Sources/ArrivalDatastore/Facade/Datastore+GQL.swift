// SPDX-License-Identifier: Apache-2.0
public import Arrival

extension Datastore {
  /// The results of a query written in GQL.
  ///
  /// ```swift
  /// let query = "SELECT * FROM Task WHERE due < @1"
  /// let due = try await datastore.gql(query, .value(.timestamp(.now))).fetch().value
  /// ```
  ///
  /// A text that cannot be parsed fails the futures with `invalidArgument`, with a ``TextError`` as
  /// the cause. An aggregation fails them too; use
  /// ``aggregate(gql:_:named:namespace:function:file:line:)`` for it.
  ///
  /// - Parameters:
  ///   - text: The query; see ``GQLQuery`` and <doc:GQL>.
  ///   - bindings: The values of `@1`, `@2` and so on.
  ///   - named: The values of `@name`.
  ///   - namespace: The namespace of the query.
  ///   - pageSize: How many results the sequence fetches at a time, at least 1. Default: 200.
  public func gql(
    _ text: String, _ bindings: GQLQuery.Binding..., named: [String: GQLQuery.Binding] = [:],
    namespace: String = "", pageSize: Int = 200
  ) -> QueryResults<Entity> {
    do throws(DatastoreError) {
      let gql = try Self.read(text, bindings, named, namespace)
      guard gql.aggregations.isEmpty else {
        throw DatastoreError(
          .invalidArgument,
          "The query computes values and returns no results. Use aggregate(gql:).")
      }
      return query(Query(gql.request), pageSize: pageSize)
    } catch {
      return query(Query(QueryRequest(), problem: error) { $0 }, pageSize: pageSize)
    }
  }

  /// Computes an aggregation written in GQL.
  ///
  /// ```swift
  /// let sums = datastore.aggregate(gql: "SELECT COUNT(*) AS tasks, SUM(hours) AS hours FROM Task")
  /// let hours = try await sums.value["hours"]
  /// ```
  ///
  /// - Parameters:
  ///   - text: The aggregation; see ``GQLQuery`` and <doc:GQL>.
  ///   - bindings: The values of `@1`, `@2` and so on.
  ///   - named: The values of `@name`.
  ///   - namespace: The namespace of the query.
  ///   - function: The calling function. Omit it.
  ///   - file: Its file. Omit it.
  ///   - line: Its line. Omit it.
  /// - Returns: A future of the values by their names: the names after `AS`, or `property_1` and so
  ///   on. It fails as ``gql(_:_:named:namespace:pageSize:)`` does.
  public func aggregate(
    gql text: String, _ bindings: GQLQuery.Binding..., named: [String: GQLQuery.Binding] = [:],
    namespace: String = "", function: StaticString = #function, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Future<[String: Value]> {
    let site = SourceSite(function: function, file: file, line: line)
    do throws(DatastoreError) {
      let gql = try Self.read(text, bindings, named, namespace)
      guard !gql.aggregations.isEmpty else {
        throw DatastoreError(
          .invalidArgument,
          "The query returns results and computes no values. Use gql(_:).")
      }
      return query(Query(gql.request)).aggregate(gql.aggregations, at: site)
        .map(at: site) { values in
          Dictionary(uniqueKeysWithValues: zip(gql.aliases, values))
        }
    } catch {
      return Future(error: error, at: site)
    }
  }

  private static func read(
    _ text: String, _ bindings: [GQLQuery.Binding], _ named: [String: GQLQuery.Binding],
    _ namespace: String
  ) throws(DatastoreError) -> GQLQuery {
    do throws(TextError) {
      return try GQLQuery(text, bindings: bindings, named: named, namespace: namespace)
    } catch {
      throw DatastoreError(
        .invalidArgument, "The GQL cannot be parsed. \(error.description)", cause: error)
    }
  }
}
