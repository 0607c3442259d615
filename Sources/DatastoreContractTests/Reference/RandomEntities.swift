// SPDX-License-Identifier: Apache-2.0
internal import Arrival
package import DatastoreModel

/// Makes random entities with values of every type, including values that are likely to fail.
package struct RandomEntities {
  private var generator: SeededGenerator

  package init(seed: UInt64) {
    generator = SeededGenerator(seed: seed)
  }

  private static let texts = [
    "", "a", "\0", "a\0b", "\u{FFFD}", "é", "e\u{301}", "🏳️‍🌈", "日本語", "\u{10FFFF}",
    String(repeating: "x", count: 127), String(repeating: "ü", count: 64),
    String(repeating: "long ", count: 60),
  ]
  private static let integers: [Int64] = [
    .min, .min + 1, -129, -128, -64, -1, 0, 1, 63, 64, 127, 128, 1 << 53, .max - 1, .max,
  ]
  private static let doubles: [Double] = [
    0, -0.0, 1, .nan, .signalingNaN, -.nan, .infinity, -.infinity, .leastNonzeroMagnitude,
    .greatestFiniteMagnitude, 0.1,
  ]

  package mutating func entity() -> Entity {
    Entity(key(isComplete: true), properties(depth: 0))
  }

  package mutating func key(isComplete: Bool) -> Key {
    var path = (0...Int.random(in: 0..<4, using: &generator)).map { _ in
      Key.PathElement(kind: "K" + text(), identifier: identifier())
    }
    if !isComplete { path[path.count - 1].identifier = nil }
    do {
      return try Key(path: path, namespace: Bool.random(using: &generator) ? "" : text())
    } catch {
      fatalError("a path with all identifiers was refused: \(error)")
    }
  }

  private mutating func identifier() -> Key.Identifier {
    Bool.random(using: &generator) ? .id(integer()) : .name(text())
  }

  private mutating func properties(depth: Int) -> Entity.Properties {
    var result: Entity.Properties = [:]
    for _ in 0..<Int.random(in: 0..<8, using: &generator) {
      let isIndexed = Bool.random(using: &generator)
      result[text()] = Entity.Property(value(depth: depth), isIndexed: isIndexed)
    }
    return result
  }

  private mutating func value(depth: Int) -> Value {
    switch Int.random(in: 0..<(depth < 4 ? 11 : 9), using: &generator) {
    case 0: return .null
    case 1: return .boolean(Bool.random(using: &generator))
    case 2: return .integer(integer())
    case 3: return .double(double())
    case 4: return .string(text())
    case 5: return .bytes(Array(text().utf8))
    case 6: return .timestamp(Timestamp(microseconds: integer()))
    case 7: return .key(key(isComplete: Bool.random(using: &generator)))
    case 8: return .geoPoint(GeoPoint(latitude: double(), longitude: double()))
    case 9:
      return .array(
        (0..<Int.random(in: 0..<5, using: &generator)).map { _ in value(depth: depth + 1) })
    default:
      let key = Bool.random(using: &generator) ? key(isComplete: false) : nil
      return .entity(Entity(key, properties(depth: depth + 1)))
    }
  }

  private mutating func text() -> String {
    Self.texts[Int.random(in: 0..<Self.texts.count, using: &generator)]
  }

  private mutating func integer() -> Int64 {
    Bool.random(using: &generator)
      ? Self.integers[Int.random(in: 0..<Self.integers.count, using: &generator)]
      : Int64.random(in: .min ... .max, using: &generator)
  }

  private mutating func double() -> Double {
    Self.doubles[Int.random(in: 0..<Self.doubles.count, using: &generator)]
  }
}
