// SPDX-License-Identifier: Apache-2.0
public import Arrival

// Several entities in one call. They share requests as single calls do.
extension EntityStore {
  /// Reads entities.
  ///
  /// - Returns: A future of one entity for each key, in order, `nil` where there is none. It fails
  ///   with the first error.
  public func get(
    _ keys: [Key], function: StaticString = #function, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Future<[Entity?]> {
    let site = SourceSite(function: function, file: file, line: line)
    return Future.all(
      keys.map { get($0, at: site) }, function: function, file: file, line: line)
  }

  /// Reads entities as `Codable` values.
  ///
  /// - Returns: A future of one value for each key, in order, `nil` where there is no entity. It
  ///   fails with the first error.
  public func get<T: Decodable & Sendable>(
    _ keys: [Key], as type: T.Type, function: StaticString = #function,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Future<[T?]> {
    get(keys, function: function, file: file, line: line).map { entities in
      try entities.map { try $0.map { try EntityDecoder().decode(type, from: $0) } }
    }
  }

  /// Writes entities, whether or not their keys exist. They may go into several commits.
  ///
  /// - Returns: A future of their keys, in order, done when all are durable. It fails with the
  ///   first error. Some entities may be written then.
  @discardableResult
  public func put(
    _ entities: [Entity], function: StaticString = #function, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Future<[Key]> {
    let site = SourceSite(function: function, file: file, line: line)
    return Future.all(
      entities.map { put($0, at: site) }, function: function, file: file, line: line)
  }

  /// Writes values under their own keys, whether or not the keys exist.
  ///
  /// - Returns: As ``put(_:function:file:line:)-([Entity],_,_,_)``.
  @discardableResult
  public func put<T: DatastoreEntity>(
    _ values: [T], function: StaticString = #function, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Future<[Key]> {
    Future.all(
      values.map { put($0, function: function, file: file, line: line) }, function: function,
      file: file, line: line)
  }

  /// Removes the entities of these keys.
  ///
  /// - Returns: A future that is done when all removals are durable. It fails with the first error.
  @discardableResult
  public func delete(
    _ keys: [Key], function: StaticString = #function, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Future<Void> {
    let site = SourceSite(function: function, file: file, line: line)
    return Future.all(
      keys.map { delete($0, at: site) }, function: function, file: file, line: line
    ).map { _ in }
  }
}
