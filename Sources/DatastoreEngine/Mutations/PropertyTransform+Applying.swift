// SPDX-License-Identifier: Apache-2.0
internal import DatastoreModel

extension PropertyTransform {
  /// Changes the property; returns the value that the API's reply has.
  func apply(to properties: inout Entity.Properties, at time: Timestamp) -> Value {
    guard let path = PropertyPath(property) else { return .null }
    return apply(path.names[...], to: &properties, at: time)
  }

  private func apply(
    _ names: ArraySlice<String>, to properties: inout Entity.Properties,
    at time: Timestamp
  ) -> Value {
    guard let name = names.first else { return .null }
    if names.count == 1 {
      let value = operation.value(after: properties[name]?.value, at: time)
      properties[name, default: Entity.Property(value)].value = value
      switch operation {
      case .appendMissingElements, .removeAllFromArray: return .null
      case .setToServerTime, .increment, .maximum, .minimum: return value
      }
    }
    var inner = properties[name]?.value.entityValue ?? Entity()
    let result = apply(names.dropFirst(), to: &inner.properties, at: time)
    properties[name, default: Entity.Property(.entity(inner))].value = .entity(inner)
    return result
  }
}

extension PropertyTransform.Operation {
  /// The value that replaces the stored one.
  func value(after stored: Value?, at time: Timestamp) -> Value {
    switch self {
    case .setToServerTime:
      // The API's times of this kind are whole milliseconds.
      let rest = time.microseconds % 1_000
      return .timestamp(
        Timestamp(microseconds: time.microseconds - (rest < 0 ? rest + 1_000 : rest)))
    case .increment(let amount):
      return Self.sum(stored, amount)
    case .maximum(let other):
      guard let stored, let order = stored.numericOrder(other) else { return other }
      return order == .less || order == .incomparable ? stored.notANumber(or: other) : stored
    case .minimum(let other):
      guard let stored, let order = stored.numericOrder(other) else { return other }
      return order == .greater || order == .incomparable ? stored.notANumber(or: other) : stored
    case .appendMissingElements(let elements):
      var array = stored?.arrayValue ?? []
      for element in elements where !array.contains(where: element.isEquivalent) {
        array.append(element)
      }
      return .array(array)
    case .removeAllFromArray(let elements):
      return .array(
        (stored?.arrayValue ?? []).filter { value in
          !elements.contains(where: value.isEquivalent)
        })
    }
  }

  private static func sum(_ stored: Value?, _ amount: Value) -> Value {
    switch (stored, amount) {
    case (.integer(let a)?, .integer(let b)):
      let (sum, overflow) = a.addingReportingOverflow(b)
      return .integer(overflow ? (b > 0 ? .max : .min) : sum)
    case (.integer(let a)?, .double(let b)): return .double(Double(a) + b)
    case (.double(let a)?, .integer(let b)): return .double(a + Double(b))
    case (.double(let a)?, .double(let b)): return .double(a + b)
    default: return amount
    }
  }
}

extension Value {
  fileprivate enum NumericOrder { case less, equal, greater, incomparable }

  /// How this number compares with another. `nil` if one of them is no number.
  fileprivate func numericOrder(_ other: Value) -> NumericOrder? {
    switch (self, other) {
    case (.integer(let a), .integer(let b)): a < b ? .less : a == b ? .equal : .greater
    case (.double(let a), .double(let b)): Self.order(a, b)
    case (.integer(let a), .double(let b)): Self.order(a, b)
    case (.double(let a), .integer(let b)):
      switch Self.order(b, a) {
      case .less: .greater
      case .greater: .less
      case let same: same
      }
    default: nil
    }
  }

  private static func order(_ a: Double, _ b: Double) -> NumericOrder {
    a < b ? .less : a == b ? .equal : a > b ? .greater : .incomparable
  }

  /// Compares exactly: not every integer is a double.
  private static func order(_ a: Int64, _ b: Double) -> NumericOrder {
    if b.isNaN { return .incomparable }
    if b >= 0x1p63 { return .less }
    if b < -0x1p63 { return .greater }
    let whole = Int64(b.rounded(.down))
    if a != whole { return a < whole ? .less : .greater }
    return b == b.rounded(.down) ? .equal : .less
  }

  /// Not-a-number, if one of the two is that. The other value otherwise.
  fileprivate func notANumber(or other: Value) -> Value {
    if case .double(let value) = self, value.isNaN { self } else { other }
  }

  /// Whether the API takes two elements of an array for the same one.
  fileprivate func isEquivalent(to other: Value) -> Bool {
    if case .double(let a) = self, case .double(let b) = other, a.isNaN, b.isNaN { return true }
    if let order = numericOrder(other) { return order == .equal }
    return self == other
  }
}
