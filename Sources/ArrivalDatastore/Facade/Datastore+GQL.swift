public import Arrival

extension Datastore {
  /// The results of a query written in GQL.
  ///
  /// ```swift
  /// let query = "SELECT * FROM Task WHERE due < @1"
  /// let due = try await datastore.gql(query, .value(.timestamp(.now))).fetch().value
  /// ```
  ///
  /// A text that cannot be read fails the futures with `invalidArgument`, a ``TextError`` as its
  /// cause; so does an aggregation, which is for
  /// ``aggregate(gql:_:named:namespace:function:file:line:)``.
  ///
  /// - Parameters:
  ///   - text: The query; see ``GQLQuery`` and <doc:GQL>.
  ///   - bindings: What stands for `@1`, `@2` and so on.
  ///   - named: What stands for `@name`.
  ///   - namespace: The namespace of the query.
  ///   - pageSize: How many results at a time the sequence fetches, at least 1. Default 200.
  public func gql(
    _ text: String, _ bindings: GQLQuery.Binding..., named: [String: GQLQuery.Binding] = [:],
    namespace: String = "", pageSize: Int = 200
  ) -> QueryResults<Entity> {
    do throws(DatastoreError) {
      let gql = try Self.read(text, bindings, named, namespace)
      guard gql.aggregations.isEmpty else {
        throw DatastoreError(
          .invalidArgument,
          "The query computes values and has no results. Ask it by aggregate(gql:).")
      }
      return query(Query(gql.request), pageSize: pageSize)
    } catch {
      return query(Query(QueryRequest(), problem: error) { $0 }, pageSize: pageSize)
    }
  }

  /// The values that an aggregation written in GQL computes.
  ///
  /// ```swift
  /// let sums = datastore.aggregate(gql: "SELECT COUNT(*) AS tasks, SUM(hours) AS hours FROM Task")
  /// let hours = try await sums.value["hours"]
  /// ```
  ///
  /// - Parameters:
  ///   - text: The aggregation; see ``GQLQuery`` and <doc:GQL>.
  ///   - bindings: What stands for `@1`, `@2` and so on.
  ///   - named: What stands for `@name`.
  ///   - namespace: The namespace of the query.
  ///   - function: The function that asks; left out.
  ///   - file: Its file; left out.
  ///   - line: Its line; left out.
  /// - Returns: A future of the values by their names: those behind `AS`, else `property_1` and so
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
          "The query has results and computes no values. Ask it by gql(_:).")
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
        .invalidArgument, "The GQL cannot be read. \(error.description)", cause: error)
    }
  }
}
