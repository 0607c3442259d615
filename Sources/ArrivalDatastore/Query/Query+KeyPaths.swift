extension Query where Element: DatastoreEntity {
  /// All entities of a type's kind, as values of that type.
  ///
  /// Its properties are named by key paths, which the compiler checks:
  ///
  /// ```swift
  /// Query(Account.self).where(\.balance > 100 && .in(\.city, ["Oslo", "Rome"])).order(by: \.name)
  /// ```
  ///
  /// What a key path is called in the datastore is found out at its first use: the type is decoded
  /// from made-up values, and the property is the one whose value the key path follows. So coding
  /// keys, nested types and computed properties that give one stored property's value need nothing
  /// written down. A type that refuses made-up values, an enumeration with raw values that is not
  /// `CaseIterable` for one, has to say its names in ``DatastoreEntity/propertyNames``. A key path
  /// that stands for no property, or for an unindexed one, fails the query's futures.
  public init(_ type: Element.Type) {
    self.init(QueryRequest(kind: type.kind)) { try EntityDecoder().decode(Element.self, from: $0) }
  }

  /// Ordered by a property, after the orders given before.
  public func order(
    by keyPath: KeyPath<Element, some Encodable>,
    _ direction: QueryOrder.Direction = .ascending
  ) -> Query {
    with(keyPath) { $0.order(by: $1, direction) }
  }

  /// Only the first result of each value of this property; the first order must be by it.
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
  /// - Throws: ``DatastoreError`` with `invalidArgument` if the key path stands for no property.
  public init<Root: DatastoreEntity>(
    _ keyPath: KeyPath<Root, some Encodable>
  ) throws(DatastoreError) {
    self.init(try PropertyNaming.name(of: keyPath))
  }
}
