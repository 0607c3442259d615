// SPDX-License-Identifier: Apache-2.0
public import Arrival

extension EntityStore {
  /// Reads an entity as a `Codable` value.
  ///
  /// - Returns: A future of the value, `nil` if there is no entity. It fails as
  ///   ``get(_:function:file:line:)->Future<Entity?>`` does, and with `decodingFailed` if the
  ///   entity does not fit the type.
  public func get<T: Decodable & Sendable>(
    _ key: Key, as type: T.Type, function: StaticString = #function,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Future<T?> {
    let site = SourceSite(function: function, file: file, line: line)
    return get(key, at: site).decoded(as: type, at: site)
  }

  /// Reads an entity as the type of a family whose name it has.
  ///
  /// - Returns: A future of the value, `nil` if there is no entity.
  public func get(
    _ key: Key, as family: EntityFamily, function: StaticString = #function,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Future<(any PolymorphicEntity)?> {
    let site = SourceSite(function: function, file: file, line: line)
    return get(key, at: site).map(at: site) { entity in try entity.map { try family.decode($0) } }
  }

  /// Writes a value under its own key.
  ///
  /// - Returns: A future of the key, completed if it was incomplete. It fails as
  ///   ``put(_:function:file:line:)-(Entity,_,_,_)`` does, and with `invalidArgument` if the value
  ///   cannot be encoded.
  @discardableResult
  public func put(
    _ value: some DatastoreEntity, function: StaticString = #function,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Future<Key> {
    let site = SourceSite(function: function, file: file, line: line)
    do throws(DatastoreError) {
      return put(try EntityEncoder().encode(value), at: site)
    } catch {
      return refuse(error, at: site)
    }
  }

  /// Writes a value under a separate key.
  ///
  /// - Returns: A future of the key, completed if it was incomplete. It fails as
  ///   ``put(_:function:file:line:)-(Entity,_,_,_)`` does, and with `invalidArgument` if the value
  ///   cannot be encoded.
  @discardableResult
  public func put(
    _ value: some Encodable, key: Key, function: StaticString = #function,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Future<Key> {
    let site = SourceSite(function: function, file: file, line: line)
    do throws(DatastoreError) {
      return put(try EntityEncoder().encode(value, key: key), at: site)
    } catch {
      return refuse(error, at: site)
    }
  }
}

extension Datastore {
  /// Reads an entity as a `Codable` value, past the memory of a context if `fresh` is `true`.
  ///
  /// - Returns: As ``get(_:fresh:function:file:line:)``; the future fails with `decodingFailed` if
  ///   the entity does not fit the type.
  public func get<T: Decodable & Sendable>(
    _ key: Key, as type: T.Type, fresh: Bool, function: StaticString = #function,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Future<T?> {
    let site = SourceSite(function: function, file: file, line: line)
    return get(key, fresh: fresh, at: site).decoded(as: type, at: site)
  }
}

extension Future<Entity?> {
  fileprivate func decoded<T: Decodable & Sendable>(
    as type: T.Type, at site: SourceSite
  ) -> Future<T?> {
    map(at: site) { entity in try entity.map { try EntityDecoder().decode(type, from: $0) } }
  }
}
