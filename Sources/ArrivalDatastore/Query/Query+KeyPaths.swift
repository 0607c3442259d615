// SPDX-License-Identifier: Apache-2.0
extension Query where Element: DatastoreEntity {
  /// All entities of a type's kind, as values of that type.
  ///
  /// Key paths, which the compiler checks, name its properties:
  ///
  /// ```swift
  /// Query(Account.self).where(\.balance > 100 && .in(\.city, ["Oslo", "Rome"])).order(by: \.name)
  /// ```
  ///
  /// The stored name of a property is found at the first use of its key path: the type is decoded
  /// from sample values, and the property is the one that changes the key path's value. So coding
  /// keys, nested types, and computed properties that return a stored property work without
  /// declarations. If the type refuses the sample values, because it checks them in `init(from:)`,
  /// stored properties of structures are still found. Declare the names of other properties, such
  /// as those with a wrapper, in ``DatastoreEntity/propertyNames``, and check the type in a unit
  /// test with ``DatastoreEntity/checkQueryable()``. A key path of no property, or of an unindexed
  /// one, fails the query's futures.
  public init(_ type: Element.Type) {
    var request = QueryRequest(kind: type.kind)
    if let type = type as? any PolymorphicEntity.Type, type.classNames.count > 1 {
      // Other types have the same kind.
      request.filter = .property(
        EntityFamily.property, .equal, .string(type.classNames[type.classNames.count - 1]))
    }
    self.init(request) { try EntityDecoder().decode(Element.self, from: $0) }
  }

  /// Orders by a property, after the earlier orders.
  public func order(
    by keyPath: KeyPath<Element, some Encodable>,
    _ direction: QueryOrder.Direction = .ascending
  ) -> Query {
    with(keyPath) { $0.order(by: $1, direction) }
  }

  /// Keeps only the first result of each value of this property. The first order must be by it.
  public func distinct(on keyPath: KeyPath<Element, some Encodable>) -> Query {
    with(keyPath) { $0.distinct(on: $1) }
  }

  private func with(
    _ keyPath: KeyPath<Element, some Encodable>, _ change: (Query, Property) -> Query
  ) -> Query {
    do throws(DatastoreError) {
      return change(self, Property(try PropertyNaming.name(of: keyPath)))
    } catch {
      var copy = self
      copy.problem = problem ?? error
      return copy
    }
  }
}

extension Property {
  /// The property of a key path, for ``Query/select(_:)`` and ``Aggregation``.
  ///
  /// ```swift
  /// let sum = Aggregation.sum(try Property(\Account.balance).name)
  /// ```
  ///
  /// - Throws: ``DatastoreError`` with `invalidArgument` if the key path does not read one indexed
  ///   property.
  public init<Root: DatastoreEntity>(
    _ keyPath: KeyPath<Root, some Encodable>
  ) throws(DatastoreError) {
    self.init(try PropertyNaming.name(of: keyPath))
  }
}
