// SPDX-License-Identifier: Apache-2.0
public import Arrival

extension EntityStore {
  /// Writes one mutation of any kind, for example with a mask, transforms or a base version.
  ///
  /// - Returns: A future of the entity's key. It fails as that of
  ///   ``Datastore/mutate(_:function:file:line:)``. A conflict that the stored entity wins is no
  ///   failure; use `mutate` to learn of it.
  @discardableResult
  public func write(
    _ mutation: Mutation, function: StaticString = #function, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Future<Key> {
    write(mutation, at: SourceSite(function: function, file: file, line: line))
  }

  /// Writes an entity whose key must not exist.
  ///
  /// - Returns: A future of the entity's key. It fails as that of `put` does, and with
  ///   `alreadyExists`. Other writes of the same request do not fail with it. In a transaction, the
  ///   commit fails.
  @discardableResult
  public func insert(
    _ entity: Entity, function: StaticString = #function, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Future<Key> {
    write(.insert(entity), at: SourceSite(function: function, file: file, line: line))
  }

  /// Writes an entity whose key must exist.
  ///
  /// - Returns: A future of the entity's key. It fails as that of `put` does, and with `notFound`.
  ///   Other writes of the same request do not fail with it. In a transaction, the commit fails.
  @discardableResult
  public func update(
    _ entity: Entity, function: StaticString = #function, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Future<Key> {
    write(.update(entity), at: SourceSite(function: function, file: file, line: line))
  }

  /// Writes a value whose key must not exist; see ``insert(_:function:file:line:)-(Entity,_,_,_)``.
  @discardableResult
  public func insert(
    _ value: some DatastoreEntity, function: StaticString = #function,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Future<Key> {
    let site = SourceSite(function: function, file: file, line: line)
    return write(at: site) { () throws(DatastoreError) in
      .insert(try EntityEncoder().encode(value))
    }
  }

  /// Writes a value whose key must exist; see ``update(_:function:file:line:)-(Entity,_,_,_)``.
  @discardableResult
  public func update(
    _ value: some DatastoreEntity, function: StaticString = #function,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Future<Key> {
    let site = SourceSite(function: function, file: file, line: line)
    return write(at: site) { () throws(DatastoreError) in
      .update(try EntityEncoder().encode(value))
    }
  }

  /// Writes only some properties of a value whose key must exist. The others stay as they are
  /// stored.
  ///
  /// ```swift
  /// datastore.update(ann, only: \.name, \.address.city)
  /// ```
  ///
  /// Computed properties and those of ``AutoNow`` are written, too, as with `put`. A nested
  /// structure is written whole. The stored entity must have the form that the type writes: put
  /// entities of the other form of ``DatastoreEntity/flattensStructures`` whole first. In NDB's
  /// form, dictionaries and arrays of structures are refused with `invalidArgument`.
  ///
  /// - Returns: As ``update(_:function:file:line:)-(Entity,_,_,_)``.
  @discardableResult
  public func update<T: DatastoreEntity, each V: Encodable>(
    _ value: T, only properties: repeat KeyPath<T, each V>,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) -> Future<Key> {
    let site = SourceSite(function: function, file: file, line: line)
    do throws(DatastoreError) {
      let (entity, automatic) = try EntityEncoder().encodeWithAutomaticNames(value)
      let places = PropertyPlaces<T>()
      var mask: [String] = []
      for property in repeat each properties {
        mask += try places.mask(of: property, encoded: entity)
      }
      mask += automatic.map(PropertyPath.escaped).filter { !mask.containsExactly($0) }
      return write(Mutation(.update(entity), propertyMask: mask), at: site)
    } catch {
      return refuse(error, at: site)
    }
  }

  /// Changes a property of an existing entity by what the datastore computes, without reading it.
  ///
  /// ```swift
  /// datastore.update(key, \Page.visits, .increment(1))
  /// datastore.update(key, \Page.tags, .appendMissingElements(["swift"]))
  /// ```
  ///
  /// Other properties stay as they are, also computed ones and those of ``AutoNow``. Of a nested
  /// property, the stored entity must have the form that the type writes, as in
  /// ``update(_:only:function:file:line:)``.
  ///
  /// - Returns: As ``update(_:function:file:line:)-(Entity,_,_,_)``.
  ///   ``Datastore/mutate(_:function:file:line:)`` also returns the new value.
  @discardableResult
  public func update<T: DatastoreEntity>(
    _ key: Key, _ property: KeyPath<T, some Encodable>,
    _ transform: PropertyTransform.Operation, function: StaticString = #function,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Future<Key> {
    let site = SourceSite(function: function, file: file, line: line)
    return write(at: site) { () throws(DatastoreError) in
      let path = try PropertyPlaces<T>().transform(of: property)
      return .transform(key, [PropertyTransform(path, transform)])
    }
  }

  /// Changes properties of an existing entity by what the datastore computes, without reading it.
  ///
  /// ```swift
  /// datastore.update(key, [.init("visits", .increment(1)), .init("seen", .setToServerTime)])
  /// ```
  ///
  /// - Returns: As ``update(_:function:file:line:)-(Entity,_,_,_)``.
  @discardableResult
  public func update(
    _ key: Key, _ transforms: [PropertyTransform], function: StaticString = #function,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Future<Key> {
    let site = SourceSite(function: function, file: file, line: line)
    return write(.transform(key, transforms), at: site)
  }

  private func write(
    at site: SourceSite, _ mutation: () throws(DatastoreError) -> Mutation
  ) -> Future<Key> {
    do throws(DatastoreError) {
      return write(try mutation(), at: site)
    } catch {
      return refuse(error, at: site)
    }
  }
}
