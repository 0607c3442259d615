// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import Arrival
  internal import ArrivalDatastore
  internal import ArrivalFormats
  internal import DatastoreModel

  /// Finds conditions that a query cannot mean: on properties that no entity has, and comparisons
  /// with values of another type. A pure value.
  ///
  /// Such a query is right for the datastore, and its result is empty or has everything.
  struct QueryDoubts {
    let request: QueryRequest
    /// The indexed properties of the kind.
    let properties: [IndexedProperty]

    /// The names of the properties on which the result depends.
    static func names(in request: QueryRequest) -> [String] {
      var names = request.projection + request.orders.map(\.property) + request.distinctOn
      if let filter = request.filter { forEachComparison(in: filter) { names.append($0.0) } }
      var seen: Set<ExactText> = [ExactText(QueryRequest.keyProperty)]
      return names.filter { seen.insert(ExactText($0)).inserted }
    }

    /// One sentence for each doubt.
    var sentences: [String] {
      let kind = request.kind ?? ""
      var sentences: [String] = []
      for name in Self.names(in: request) where types(of: name) == nil {
        let known = Suggestion.listed(properties.map(\.name), nearestTo: name, noun: "other")
        sentences.append(
          """
          no entity of kind \(kind) has an indexed property "\(name)"; \
          \(properties.isEmpty ? "there are none at all" : "there are \(known)")
          """)
      }
      guard let filter = request.filter else { return sentences }
      Self.forEachComparison(in: filter) { name, value in
        guard let types = types(of: name), let sentence = Self.sentence(name, types, value),
          !sentences.contains(sentence)
        else { return }
        sentences.append(sentence)
      }
      return sentences
    }

    private func types(of name: String) -> [String]? {
      properties.first { identicalText($0.name, name) }?.types
    }

    private static func forEachComparison(
      in filter: QueryFilter, _ body: ((String, Value)) -> Void
    ) {
      switch filter {
      case .property(let name, .isIn, .array(let values)),
        .property(let name, .isNotIn, .array(let values)):
        for value in values { body((name, value)) }
      case .property(let name, _, let value): body((name, value))
      case .ancestor: break
      case .and(let filters), .or(let filters):
        for filter in filters { forEachComparison(in: filter, body) }
      }
    }

    private static func sentence(_ name: String, _ types: [String], _ value: Value) -> String? {
      guard name != QueryRequest.keyProperty, let type = type(of: value) else { return nil }
      if types.contains(type) {
        guard ["INT64", "DOUBLE"].contains(type), types.contains("INT64"), types.contains("DOUBLE")
        else { return nil }
        return """
          "\(name)" holds integers and doubles, and every integer counts as less than every double
          """
      }
      let held = types.filter { $0 != "NULL" }.compactMap { plural[$0] }
      guard !held.isEmpty else { return nil }
      return """
        "\(name)" holds \(held.joined(separator: " and ")), and \(shown(value)) is \
        \(article(value))\(advice(value, types))
        """
    }

    private static let plural = [
      "INT64": "integers or timestamps", "BOOLEAN": "booleans", "STRING": "strings or bytes",
      "DOUBLE": "doubles", "POINT": "geographical points", "REFERENCE": "keys",
    ]

    private static func article(_ value: Value) -> String {
      switch value {
      case .integer: "an integer"
      case .timestamp: "a timestamp"
      case .boolean: "a boolean"
      case .string: "a string"
      case .bytes: "bytes"
      case .double: "a double"
      case .geoPoint: "a geographical point"
      case .key: "a key"
      case .null, .array, .entity: "of another type"
      }
    }

    private static func shown(_ value: Value) -> String { EntityJSON.node(of: value).text }

    private static func advice(_ value: Value, _ types: [String]) -> String {
      switch value {
      case .integer(let number) where types.contains("DOUBLE") && Double(exactly: number) != nil:
        return "; write \(number).0"
      case .double(let number) where types.contains("INT64"):
        return Int64(exactly: number).map { "; write \($0)" } ?? ""
      case .string(let text)
      where types.contains("INT64") && (try? Timestamp.read(iso8601: text)) != nil:
        return "; a time is {\"timestamp\": \(text.debugDescription)}, in GQL DATETIME('…Z')"
      default: return ""
      }
    }

    /// The name of a value's type; `nil` for null, with which everything may be compared, and for
    /// types that are not indexed as they are.
    private static func type(of value: Value) -> String? {
      switch value {
      case .null, .array, .entity: nil
      case .integer, .timestamp: "INT64"
      case .boolean: "BOOLEAN"
      case .string, .bytes: "STRING"
      case .double: "DOUBLE"
      case .geoPoint: "POINT"
      case .key: "REFERENCE"
      }
    }
  }

  extension Store {
    /// Says on standard error what a query asks for and no entity has.
    ///
    /// - Parameter found: How many results the query had.
    func reportDoubts(about request: QueryRequest, found: Int) {
      guard let kind = request.kind, !kind.hasPrefix("__") else { return }
      // Some servers list no kinds or properties, or refuse to. Then there is nothing to say.
      if found == 0, (try? complainIfMissing(kind, in: request.namespace)) == true { return }
      guard !QueryDoubts.names(in: request).isEmpty,
        let properties = try? datastore.properties(
          ofKind: kind, inNamespace: request.namespace
        ).getResult(), isFile || !properties.isEmpty
      else { return }
      let doubts = QueryDoubts(request: request, properties: properties)
      for sentence in doubts.sentences { complain("arrival: \(sentence)") }
    }
  }
#endif
