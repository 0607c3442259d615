// SPDX-License-Identifier: Apache-2.0
internal import ArrivalDatastore
internal import DatastoreEngine

/// Makes random entities and queries from few names and values, so that the queries find something.
struct RandomQueries {
  private var state: UInt64
  private let namespace: String

  init(seed: Int, namespace: String) {
    state = UInt64(seed)
    self.namespace = namespace
  }

  private static let properties = ["a", "b", "c", "n.x", "n.y"]
  private static let values: [Value] = [
    .null, 0, 1, 2, 3, true, false, "", "x", "y", "x\0", 0.0, .double(-0.0), 1.5, .double(.nan),
    .double(-.infinity), .bytes([0x78]), .timestamp(Timestamp(microseconds: 2)),
    .geoPoint(GeoPoint(latitude: 1, longitude: -2)), .key(Key("K", id: 1)),
    .key(Key("K", name: "x")), .key(Key("L", id: 1, parent: Key("K", id: 1))),
  ]

  /// SplitMix64, so that a seed gives the same run on every machine.
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

  /// `true` once in `times` calls on average.
  mutating func chance(_ times: Int) -> Bool { number(1...times) == 1 }

  private mutating func one<T>(_ values: [T]) -> T { values[number(0...values.count - 1)] }

  private mutating func value() -> Value { one(Self.values) }

  mutating func key() -> Key {
    let kind = chance(4) ? "Other" : "Thing"
    let parent =
      chance(3) ? Key("Thing", id: Int64(number(1...3)), namespace: namespace) : nil
    return chance(2)
      ? Key(kind, id: Int64(number(1...30)), parent: parent, namespace: namespace)
      : Key(kind, name: "\(number(1...30))", parent: parent, namespace: namespace)
  }

  mutating func entity() -> Entity {
    var entity = Entity(key())
    for name in ["a", "b", "c"] where !chance(5) {
      entity.properties[name] = Entity.Property(content(), isIndexed: !chance(8))
    }
    if chance(2) {
      let inner = Entity(
        nil,
        [
          "x": Entity.Property(content(), isIndexed: !chance(6)), "y": .indexed(value()),
        ])
      entity.properties["n"] = Entity.Property(
        chance(3) ? [.entity(inner), .entity(Entity(nil, ["x": 3]))] : .entity(inner),
        isIndexed: !chance(8))
    }
    return entity
  }

  private mutating func content() -> Value {
    chance(3) ? .array((0..<number(0...3)).map { _ in value() }) : value()
  }

  mutating func request() -> QueryRequest {
    while true {
      var request = QueryRequest(kind: chance(12) ? nil : "Thing", namespace: namespace)
      if !chance(4) { request.filter = filter(depth: 0, request.kind == nil) }
      if chance(4) {
        let ancestor = QueryFilter.ancestor(
          Key("Thing", id: Int64(number(1...3)), namespace: namespace))
        request.filter = request.filter.map { .and([$0, ancestor]) } ?? ancestor
      }
      for _ in 0..<(chance(3) ? 0 : number(1...3)) {
        request.orders.append(
          QueryOrder(
            chance(6) ? "__key__" : one(Self.properties), chance(2) ? .ascending : .descending))
      }
      if chance(4) { request.projection = chance(2) ? ["__key__"] : [one(Self.properties)] }
      if chance(8) { request.projection.append(one(Self.properties)) }
      if chance(6) { request.distinctOn = [one(Self.properties)] }
      if chance(4) { request.offset = number(0...5) }
      if chance(4) { request.limit = number(0...10) }
      // Most random queries keep the rules. The others are not used.
      if (try? request.check()) != nil { return request }
    }
  }

  private mutating func filter(depth: Int, _ isKindless: Bool) -> QueryFilter {
    if depth < 2, chance(2) {
      let parts = (0..<number(1...3)).map { _ in filter(depth: depth + 1, isKindless) }
      return chance(2) ? .and(parts) : .or(parts)
    }
    if isKindless || chance(8) {
      let comparison = one([.equal, .lessThan, .greaterThanOrEqual, .notEqual] as [Comparison])
      return .property("__key__", comparison, .key(key()))
    }
    let comparison = one(Comparison.allCases)
    switch comparison {
    case .isIn, .isNotIn:
      return .property(
        one(Self.properties), comparison, .array((0..<number(1...3)).map { _ in value() }))
    default: return .property(one(Self.properties), comparison, value())
    }
  }

  private typealias Comparison = QueryFilter.Comparison
}
