// SPDX-License-Identifier: Apache-2.0
public import Arrival

extension EntityStore {
  /// Reads an entity as a value with its version.
  ///
  /// - Returns: As ``get(_:as:function:file:line:)->Future<T?>``.
  public func get<T>(
    _ key: Key, as type: Stored<T>.Type, function: StaticString = #function,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Future<Stored<T>?> {
    let site = SourceSite(function: function, file: file, line: line)
    return get(key, at: site).map(at: site) { entity in try entity.map { try Stored($0) } }
  }

  /// Writes a value if the stored one is still that which was read.
  ///
  /// For another update, read it again: it has a new version then.
  ///
  /// - Returns: A future of the key. It fails as
  ///   ``update(_:function:file:line:)-(DatastoreEntity,_,_,_)`` does, and with
  ///   `failedPrecondition` if others have changed the entity. In a transaction, the commit fails.
  @discardableResult
  public func update<T>(
    _ stored: Stored<T>, function: StaticString = #function, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Future<Key> {
    let site = SourceSite(function: function, file: file, line: line)
    do throws(DatastoreError) {
      let entity = try EntityEncoder().encode(stored.value)
      return write(try stored.unlessChanged(.update(entity)), at: site)
    } catch {
      return refuse(error, at: site)
    }
  }

  /// Removes a value if the stored one is still that which was read.
  ///
  /// - Returns: A future of the key. It fails as that of `delete` does, and with
  ///   `failedPrecondition` if others have changed or removed the entity. In a transaction, the
  ///   commit fails.
  @discardableResult
  public func delete<T>(
    _ stored: Stored<T>, function: StaticString = #function, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Future<Key> {
    let site = SourceSite(function: function, file: file, line: line)
    do throws(DatastoreError) {
      return write(try stored.unlessChanged(.delete(stored.value.key)), at: site)
    } catch {
      return refuse(error, at: site)
    }
  }
}

extension Query where Element: DatastoreEntity {
  /// Returns values with their versions. Call it after `where` and `order`.
  public func withVersions() -> Query<Stored<Element>> {
    Query<Stored<Element>>(request, problem: problem) { try Stored($0) }
  }
}
