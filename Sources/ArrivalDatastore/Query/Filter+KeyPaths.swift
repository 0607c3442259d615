// SPDX-License-Identifier: Apache-2.0
extension Filter where Root: DatastoreEntity {
  init<V: Encodable>(
    _ keyPath: KeyPath<Root, some Encodable>, _ comparison: QueryFilter.Comparison, _ value: V
  ) {
    do throws(DatastoreError) {
      let name = try PropertyNaming.name(of: keyPath)
      content = .success(.property(name, comparison, try EntityEncoder.value(value)))
    } catch {
      content = .failure(error)
    }
  }

  /// A comparison with a list. Each value is encoded separately, because an array of bytes would
  /// become one value.
  private init(
    _ keyPath: KeyPath<Root, some Encodable>, _ comparison: QueryFilter.Comparison,
    anyOf values: [some Encodable]
  ) {
    do throws(DatastoreError) {
      let name = try PropertyNaming.name(of: keyPath)
      var list: [Value] = []
      for value in values { list.append(try EntityEncoder.value(value)) }
      content = .success(.property(name, comparison, .array(list)))
    } catch {
      content = .failure(error)
    }
  }

  /// The property equals one of these values. At most 30.
  public static func `in`<V: Encodable>(_ keyPath: KeyPath<Root, V>, _ values: [V]) -> Filter {
    Filter(keyPath, .isIn, anyOf: values)
  }

  /// The property equals none of these values. At most 10.
  public static func notIn<V: Encodable>(_ keyPath: KeyPath<Root, V>, _ values: [V]) -> Filter {
    Filter(keyPath, .isNotIn, anyOf: values)
  }

  /// An element of the array or set equals this one.
  public static func contains<S: Sequence & Encodable>(
    _ keyPath: KeyPath<Root, S>, _ element: S.Element
  ) -> Filter where S.Element: Encodable {
    Filter(keyPath, .equal, element)
  }

  /// An element of the array or set equals one of these values. At most 30.
  public static func containsAny<S: Sequence & Encodable>(
    _ keyPath: KeyPath<Root, S>, of elements: [S.Element]
  ) -> Filter where S.Element: Encodable {
    Filter(keyPath, .isIn, anyOf: elements)
  }
}

/// The property equals this value. `nil` equals null.
public func == <Root: DatastoreEntity, V: Encodable>(
  keyPath: KeyPath<Root, V>, value: V
) -> Filter<Root> {
  Filter(keyPath, .equal, value)
}

/// The property exists and does not equal this value.
public func != <Root: DatastoreEntity, V: Encodable>(
  keyPath: KeyPath<Root, V>, value: V
) -> Filter<Root> {
  Filter(keyPath, .notEqual, value)
}

/// The property comes before this value.
public func < <Root: DatastoreEntity, V: Encodable>(
  keyPath: KeyPath<Root, V>, value: V
) -> Filter<Root> {
  Filter(keyPath, .lessThan, value)
}

/// The property equals this value or comes before it.
public func <= <Root: DatastoreEntity, V: Encodable>(
  keyPath: KeyPath<Root, V>, value: V
) -> Filter<Root> {
  Filter(keyPath, .lessThanOrEqual, value)
}

/// The property comes after this value.
public func > <Root: DatastoreEntity, V: Encodable>(
  keyPath: KeyPath<Root, V>, value: V
) -> Filter<Root> {
  Filter(keyPath, .greaterThan, value)
}

/// The property equals this value or comes after it.
public func >= <Root: DatastoreEntity, V: Encodable>(
  keyPath: KeyPath<Root, V>, value: V
) -> Filter<Root> {
  Filter(keyPath, .greaterThanOrEqual, value)
}
