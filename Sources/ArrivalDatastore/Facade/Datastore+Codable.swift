public import Arrival

extension Datastore {
  /// Reads an entity as a `Codable` value.
  ///
  /// - Returns: A future of the value, `nil` if there is no entity. it fails as `get`
  ///   does, and with `decodingFailed` if the entity does not fit the type.
  public func get<T: Decodable & Sendable>(
    _ key: Key, as type: T.Type, fresh: Bool = false, function: StaticString = #function,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Future<T?> {
    get(key, fresh: fresh, function: function, file: file, line: line).map(
      function: function, file: file, line: line
    ) { entity in
      try entity.map { try EntityDecoder().decode(type, from: $0) }
    }
  }

  /// Writes a value under its own key.
  ///
  /// - Returns: A future of the key, completed if it was incomplete. It fails as
  ///   `put` does, and with `invalidArgument` for what cannot be encoded.
  @discardableResult
  public func put(
    _ value: some DatastoreEntity, function: StaticString = #function,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Future<Key> {
    do throws(DatastoreError) {
      let entity = try EntityEncoder().encode(value)
      return put(entity, function: function, file: file, line: line)
    } catch {
      return Future(error: error, function: function, file: file, line: line)
    }
  }

  /// Writes a value under a key beside it.
  ///
  /// - Returns: A future of the key, completed if it was incomplete. It fails as
  ///   `put` does, and with `invalidArgument` for what cannot be encoded.
  @discardableResult
  public func put(
    _ value: some Encodable, key: Key, function: StaticString = #function,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Future<Key> {
    do throws(DatastoreError) {
      let entity = try EntityEncoder().encode(value, key: key)
      return put(entity, function: function, file: file, line: line)
    } catch {
      return Future(error: error, function: function, file: file, line: line)
    }
  }
}
