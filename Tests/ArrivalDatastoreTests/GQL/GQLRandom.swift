// SPDX-License-Identifier: Apache-2.0
@testable import ArrivalDatastore

/// Queries by chance, the same for a seed everywhere.
struct GQLRandom {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  private mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  mutating func number(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int(next() % UInt64(range.count))
  }

  /// `true` once in so many times.
  mutating func chance(_ times: Int) -> Bool { number(1...times) == 1 }

  mutating func one<T>(_ values: [T]) -> T { values[number(0...values.count - 1)] }

  private mutating func name() -> String {
    one([
      "a", "b", "K", "K.x", "order", "x y", "`", "n.\\", "\0", "é", "🙂", "key", "a\nb", "__key__",
    ])
  }

  private mutating func names() -> [String] { (0..<number(1...3)).map { _ in name() } }

  mutating func key() -> Key {
    var key: Key?
    let namespace = one(["", "n"])
    for _ in 0..<number(1...3) {
      key =
        chance(2)
        ? Key(name(), id: Int64(number(1...99)), parent: key, namespace: namespace)
        : Key(name(), name: name(), parent: key, namespace: namespace)
    }
    return key!
  }

  private mutating func value() -> Value {
    switch number(0...9) {
    case 0: .null
    case 1: .boolean(chance(2))
    case 2: .integer(Int64(bitPattern: next()))
    case 3: .double(Double(Int64(bitPattern: next())) / 1e7)
    case 4: .string(name() + "'\"\\\t")
    case 5: .bytes([UInt8](repeating: UInt8(number(0...255)), count: number(0...5)))
    case 6:
      .timestamp(
        Timestamp(
          microseconds: Timestamp.min.microseconds + Int64(next() % 315_537_897_600_000_000)))
    case 7: .key(key())
    case 8: .geoPoint(GeoPoint(latitude: 1, longitude: 2))
    default: .integer(Int64(number(0...9)))
    }
  }

  private mutating func filter(depth: Int) -> QueryFilter {
    switch number(0...5) {
    case 0 where depth > 0:
      return .and((0..<number(2...3)).map { _ in filter(depth: depth - 1) })
    case 1 where depth > 0:
      return .or((0..<number(2...3)).map { _ in filter(depth: depth - 1) })
    case 2: return .ancestor(key())
    case 3:
      let values = (0..<number(1...3)).map { _ in value() }
      return .property(name(), one([.isIn, .isNotIn]), .array(values))
    default:
      let comparisons: [QueryFilter.Comparison] = [
        .equal, .notEqual, .lessThan, .lessThanOrEqual, .greaterThan, .greaterThanOrEqual,
      ]
      return .property(name(), one(comparisons), value())
    }
  }

  mutating func request() -> QueryRequest {
    var request = QueryRequest(kind: chance(4) ? nil : name(), namespace: one(["", "n"]))
    if chance(3) { request.projection = names() }
    if chance(4) { request.distinctOn = names() }
    if !chance(4) { request.filter = filter(depth: 3) }
    if chance(2) {
      request.orders = names().map { QueryOrder($0, chance(2) ? .ascending : .descending) }
    }
    if chance(3) { request.limit = number(0...1000) }
    if chance(3) { request.offset = number(1...1000) }
    if chance(4) { request.startCursor = QueryCursor(bytes: [1]) }
    if chance(4) { request.endCursor = QueryCursor(bytes: [2]) }
    return request
  }
}

/// Writes queries as GQL: what has no literal becomes a binding.
struct GQLWriter {
  private(set) var bindings: [GQLQuery.Binding] = []

  private mutating func bind(_ binding: GQLQuery.Binding) -> String {
    bindings.append(binding)
    return "@\(bindings.count)"
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "'": result += "''"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  private func quoted(_ name: String) -> String { GQLName.quoted(name) }

  private func property(_ name: String) -> String {
    // Whole in backquotes it is never taken for a qualified one.
    quoted(name)
  }

  private mutating func literal(_ value: Value) -> String {
    switch value {
    case .null: "null"
    case .boolean(let flag): flag ? "True" : "FALSE"
    case .integer(let number): "\(number)"
    case .double(let number): "\(number)"
    case .string(let text): "'\(Self.escaped(text))'"
    case .bytes(let bytes): "BLOB('\(QueryCursor(bytes: bytes).text)')"
    case .timestamp(let time): "DATETIME('\(time)')"
    case .key(let key): literal(key)
    case .array(let values): "ARRAY(\(values.map { literal($0) }.joined(separator: ", ")))"
    case .geoPoint, .entity: bind(.value(value))
    }
  }

  private func literal(_ key: Key) -> String {
    let path = key.path.map { step in
      switch step.identifier {
      case .id(let id)?: "\(quoted(step.kind)), \(id)"
      case .name(let name)?: "\(quoted(step.kind)), '\(Self.escaped(name))'"
      case nil: ""
      }
    }
    return "KEY(NAMESPACE('\(key.namespace)'), \(path.joined(separator: ", ")))"
  }

  private mutating func text(of filter: QueryFilter) -> String {
    switch filter {
    case .property(let name, let comparison, let value):
      "\(property(name)) \(comparison.rawValue) \(literal(value))"
    case .ancestor(let key): "__key__ HAS ANCESTOR \(literal(key))"
    case .and(let parts): parts.map { "(\(text(of: $0)))" }.joined(separator: " AND ")
    case .or(let parts): parts.map { "(\(text(of: $0)))" }.joined(separator: " or ")
    }
  }

  mutating func text(of request: QueryRequest) -> String {
    var text = "SELECT "
    if !request.distinctOn.isEmpty {
      text += "DISTINCT ON (\(request.distinctOn.map(property).joined(separator: ", "))) "
    }
    text +=
      request.projection.isEmpty ? "*" : request.projection.map(property).joined(separator: ",")
    if let kind = request.kind { text += " FROM \(quoted(kind))" }
    if let filter = request.filter { text += "\nWHERE \(self.text(of: filter))" }
    if !request.orders.isEmpty {
      let orders = request.orders.map {
        property($0.property) + ($0.direction == .descending ? " DESC" : "")
      }
      text += " ORDER BY \(orders.joined(separator: ", "))"
    }
    switch (request.limit, request.endCursor) {
    case (let limit?, let cursor?): text += " LIMIT FIRST(\(limit), \(bind(.cursor(cursor))))"
    case (let limit?, nil): text += " LIMIT \(limit)"
    case (nil, let cursor?): text += " LIMIT \(bind(.cursor(cursor)))"
    case (nil, nil): break
    }
    switch (request.startCursor, request.offset) {
    case (let cursor?, 0): text += " OFFSET \(bind(.cursor(cursor)))"
    case (let cursor?, let offset): text += " OFFSET \(bind(.cursor(cursor))) + \(offset)"
    case (nil, 0): break
    case (nil, let offset): text += " OFFSET \(offset)"
    }
    return text
  }
}
