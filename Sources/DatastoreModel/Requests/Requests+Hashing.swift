// SPDX-License-Identifier: Apache-2.0
// Requests are compared as the Datastore compares their names: byte for byte.

extension QueryRequest: Hashable {
  /// Whether two requests ask the same.
  public static func == (a: QueryRequest, b: QueryRequest) -> Bool {
    identicalText(a.namespace, b.namespace)
      && a.kind.map(ExactText.init) == b.kind.map(ExactText.init)
      && a.filter == b.filter && a.orders == b.orders
      && a.projection.hasSameNames(as: b.projection)
      && a.distinctOn.hasSameNames(as: b.distinctOn) && a.startCursor == b.startCursor
      && a.endCursor == b.endCursor && a.excludesEnd == b.excludesEnd && a.offset == b.offset
      && a.limit == b.limit
      && a.findNearest == b.findNearest
  }

  /// Hashes what the request asks.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(text: namespace)
    hasher.combine(kind.map(ExactText.init))
    hasher.combine(filter)
    hasher.combine(orders)
    hasher.combine(names: projection)
    hasher.combine(names: distinctOn)
    hasher.combine(startCursor)
    hasher.combine(endCursor)
    hasher.combine(excludesEnd)
    hasher.combine(offset)
    hasher.combine(limit)
    hasher.combine(findNearest)
  }
}

extension QueryFilter: Hashable {
  /// Whether two conditions are written in the same way.
  public static func == (a: QueryFilter, b: QueryFilter) -> Bool {
    switch (a, b) {
    case (.property(let a, let how, let value), .property(let b, let other, let otherValue)):
      identicalText(a, b) && how == other && value == otherValue
    case (.ancestor(let a), .ancestor(let b)): a == b
    case (.and(let a), .and(let b)), (.or(let a), .or(let b)): a == b
    default: false
    }
  }

  /// Hashes the condition.
  public func hash(into hasher: inout Hasher) {
    switch self {
    case .property(let name, let comparison, let value):
      hasher.combine(text: name)
      hasher.combine(comparison)
      hasher.combine(value)
    case .ancestor(let key): hasher.combine(key)
    case .and(let parts): hasher.combine(parts)
    case .or(let parts):
      hasher.combine(1)
      hasher.combine(parts)
    }
  }
}

extension QueryOrder: Hashable {
  /// Whether property and direction are the same.
  public static func == (a: QueryOrder, b: QueryOrder) -> Bool {
    identicalText(a.property, b.property) && a.direction == b.direction
  }

  /// Hashes property and direction.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(text: property)
    hasher.combine(direction)
  }
}

extension PropertyTransform: Hashable {
  /// Whether property and operation are the same.
  public static func == (a: PropertyTransform, b: PropertyTransform) -> Bool {
    identicalText(a.property, b.property) && a.operation == b.operation
  }

  /// Hashes property and operation.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(text: property)
    hasher.combine(operation)
  }
}

extension ReadOptions: Hashable {
  /// Whether two reads see and return the same.
  public static func == (a: ReadOptions, b: ReadOptions) -> Bool {
    a.consistency == b.consistency && a.explainOptions == b.explainOptions
      && a.propertyMask?.map(ExactText.init) == b.propertyMask?.map(ExactText.init)
  }

  /// Hashes what the read sees and returns.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(consistency)
    hasher.combine(explainOptions)
    hasher.combine(propertyMask?.map(ExactText.init))
  }
}
