// SPDX-License-Identifier: Apache-2.0
import ArrivalDatastore
import Testing

/// What each form of the Datastore's documentation means.
struct GQLQueryTests {
  private func request(
    _ kind: String?, _ change: (inout QueryRequest) -> Void = { _ in }
  ) -> QueryRequest {
    var request = QueryRequest(kind: kind)
    change(&request)
    return request
  }

  @Test func `Entities, keys and properties are selected, with or without a kind`() throws {
    #expect(try GQLQuery("SELECT * FROM Task").request == request("Task"))
    #expect(try GQLQuery("select *").request == request(nil))
    #expect(
      try GQLQuery("SELECT __key__ FROM Task").request
        == request("Task") { $0.projection = ["__key__"] })
    #expect(
      try GQLQuery("SELECT title, address.city, `a.b`.`c-d` FROM Song").request
        == request("Song") { $0.projection = ["title", "address.city", "a.b.c-d"] })
  }

  @Test func `DISTINCT uses all selected properties, and DISTINCT ON the named ones`() throws {
    #expect(
      try GQLQuery("SELECT DISTINCT a, b FROM K").request
        == request("K") {
          $0.projection = ["a", "b"]
          $0.distinctOn = ["a", "b"]
        })
    #expect(
      try GQLQuery("SELECT DISTINCT ON (a, b) a, c FROM K").request
        == request("K") {
          $0.projection = ["a", "c"]
          $0.distinctOn = ["a", "b"]
        })
    #expect(
      try GQLQuery("SELECT DISTINCT ON (a) * FROM K").request
        == request("K") { $0.distinctOn = ["a"] })
  }

  @Test func `A stored name may begin with the name of its kind`() throws {
    let query = try GQLQuery(
      "SELECT Product.Product.Name, `Product`.a FROM Product WHERE Product.b = 1 ORDER BY Product.c"
    )
    #expect(
      query.request
        == request("Product") {
          $0.projection = ["Product.Name", "a"]
          $0.filter = .property("b", .equal, 1)
          $0.orders = [QueryOrder("c")]
        })
    #expect(
      try GQLQuery("SELECT SUM(K.n) FROM K").aggregations == [.sum("n")])
  }

  @Test(arguments: [
    ("a = 1", QueryFilter.Comparison.equal), ("a != 1", .notEqual), ("a < 1", .lessThan),
    ("a <= 1", .lessThanOrEqual), ("a > 1", .greaterThan), ("a >= 1", .greaterThanOrEqual),
    ("a CONTAINS 1", .equal), ("1 IN a", .equal), ("1 = a", .equal), ("1 != a", .notEqual),
    ("1 > a", .lessThan), ("1 >= a", .lessThanOrEqual), ("1 < a", .greaterThan),
    ("1 <= a", .greaterThanOrEqual), ("a>=1", .greaterThanOrEqual),
  ])
  func `A comparison may have the property on either side`(
    _ text: String, _ comparison: QueryFilter.Comparison
  ) throws {
    #expect(
      try GQLQuery("SELECT * FROM K WHERE \(text)").request.filter
        == .property("a", comparison, 1))
  }

  @Test func `IN and NOT IN take arrays, IS NULL is a comparison with null`() throws {
    let text = "SELECT * FROM K WHERE a IN ARRAY('x', 2) AND b NOT IN @list AND c IS NULL"
    #expect(
      try GQLQuery(text, named: ["list": [1, 2]]).request.filter
        == .and([
          .property("a", .isIn, ["x", 2]), .property("b", .isNotIn, [1, 2]),
          .property("c", .equal, .null),
        ]))
  }

  @Test func `AND binds tighter than OR, and parentheses tighter than both`() throws {
    let a = QueryFilter.property("a", .equal, 1)
    let b = QueryFilter.property("b", .equal, 2)
    let c = QueryFilter.property("c", .equal, 3)
    func filter(_ text: String) throws -> QueryFilter? {
      try GQLQuery("SELECT * FROM K WHERE \(text)").request.filter
    }
    #expect(try filter("a = 1 OR b = 2 AND c = 3") == .or([a, .and([b, c])]))
    #expect(try filter("(a = 1 OR b = 2) AND c = 3") == .and([.or([a, b]), c]))
    #expect(try filter("((a = 1)) AND (b = 2 AND c = 3)") == .and([a, .and([b, c])]))
  }

  @Test func `Ancestors are named from either side`() throws {
    let amy = Key("Person", name: "Amy")
    let child = Key("Child", id: 7, parent: amy)
    #expect(
      try GQLQuery("SELECT * WHERE __key__ HAS ANCESTOR KEY(Person, 'Amy')").request.filter
        == .ancestor(amy))
    #expect(
      try GQLQuery("SELECT * WHERE KEY(Person, 'Amy', `Child`, 7) HAS DESCENDANT __key__").request
        .filter == .ancestor(child))
    #expect(
      try GQLQuery("SELECT * WHERE __key__ HAS ANCESTOR @1", .value(.key(amy))).request.filter
        == .ancestor(amy))
  }

  @Test func `A key literal gets the namespace of the query unless it names one`() throws {
    let query = try GQLQuery(
      "SELECT * FROM K WHERE a = KEY(P, 1) AND b = KEY(PROJECT('p'), NAMESPACE('other'), P, 1)",
      namespace: "mine")
    #expect(query.request.namespace == "mine")
    #expect(
      query.request.filter
        == .and([
          .property("a", .equal, .key(Key("P", id: 1, namespace: "mine"))),
          .property("b", .equal, .key(Key("P", id: 1, namespace: "other"))),
        ]))
  }

  @Test func `Orders, limits and offsets are parsed as numbers, bindings and cursors`() throws {
    let cursor = QueryCursor(bytes: [1, 2, 3])
    let end = QueryCursor(bytes: [4])
    #expect(
      try GQLQuery("SELECT * FROM K ORDER BY a, b.c DESC, __key__ ASC LIMIT 5 OFFSET 10").request
        == request("K") {
          $0.orders = [
            QueryOrder("a"), QueryOrder("b.c", .descending), QueryOrder("__key__"),
          ]
          $0.limit = 5
          $0.offset = 10
        })
    #expect(
      try GQLQuery("SELECT * LIMIT @1 OFFSET @2", 7, 8).request
        == request(nil) {
          $0.limit = 7
          $0.offset = 8
        })
    #expect(
      try GQLQuery(
        "SELECT * LIMIT @1 OFFSET @start", .cursor(end), named: ["start": .cursor(cursor)]
      )
      .request
        == request(nil) {
          $0.endCursor = end
          $0.startCursor = cursor
        })
    for text in ["LIMIT FIRST(3, @1)", "LIMIT FIRST(@1, 3)"] {
      for offset in ["@2 + 17", "@2 + +17"] {
        #expect(
          try GQLQuery("SELECT * \(text) OFFSET \(offset)", .cursor(end), .cursor(cursor)).request
            == request(nil) {
              $0.limit = 3
              $0.endCursor = end
              $0.startCursor = cursor
              $0.offset = 17
            })
      }
    }
  }

  @Test func `Aggregations are parsed in both forms, with and without names`()
    throws
  {
    let short = try GQLQuery("SELECT COUNT(*) AS total, AVG(hours) FROM Task WHERE done = false")
    #expect(short.aggregations == [.count(), .average("hours")])
    #expect(short.aliases == ["total", "property_1"])
    #expect(
      short.request == request("Task") { $0.filter = .property("done", .equal, false) })
    let long = try GQLQuery(
      "AGGREGATE COUNT_UP_TO(5), SUM(Task.hours) AS h OVER (SELECT * FROM Task LIMIT 5 OFFSET 10)")
    #expect(long.aggregations == [.count(upTo: 5), .sum("hours")])
    #expect(long.aliases == ["property_1", "h"])
    #expect(
      long.request
        == request("Task") {
          $0.limit = 5
          $0.offset = 10
        })
  }
}
