// SPDX-License-Identifier: Apache-2.0
/// A value as it is stored, with its version, so that a write can require that it is unchanged.
///
/// ```swift
/// guard var user = try await datastore.get(key, as: Stored<User>.self).value else { return }
/// user.name = "Anna"
/// try await datastore.update(user).value   // failedPrecondition if others have changed it
/// ```
///
/// The properties of the value are also those of this type. A transaction does the same for several
/// entities at once, and tries again by itself.
@dynamicMemberLookup
public struct Stored<Value: DatastoreEntity>: Sendable {
  /// The value. Changing it does not change the version.
  public var value: Value
  /// The number of the commit that wrote it; see ``Entity/version``. `nil` if the backend does not
  /// say.
  public let version: Int64?
  /// The time of the commit that created it. `nil` if the backend does not say.
  public let createTime: Timestamp?
  /// The time of the commit that wrote it last. `nil` if the backend does not say.
  public let updateTime: Timestamp?

  /// Decodes an entity that was read from a datastore.
  ///
  /// - Throws: ``DatastoreError`` with `decodingFailed` if the entity does not fit the type.
  public init(_ entity: Entity) throws(DatastoreError) {
    value = try EntityDecoder().decode(Value.self, from: entity)
    version = entity.version
    createTime = entity.createTime
    updateTime = entity.updateTime
  }

  /// A property of the value.
  public subscript<Member>(dynamicMember keyPath: KeyPath<Value, Member>) -> Member {
    value[keyPath: keyPath]
  }

  /// A property of the value.
  public subscript<Member>(dynamicMember keyPath: WritableKeyPath<Value, Member>) -> Member {
    get { value[keyPath: keyPath] }
    set { value[keyPath: keyPath] = newValue }
  }

  /// The mutation, which fails if the stored entity has another version.
  func unlessChanged(
    _ operation: Mutation.Operation
  ) throws(DatastoreError) -> Mutation {
    guard let version else {
      throw DatastoreError(
        .invalidArgument,
        """
        The value has no version, because the backend did not say it, or because it was read from \
        the writes of its own transaction. Change it in a transaction instead.
        """, key: value.key)
    }
    return Mutation(
      operation, conflictDetection: .baseVersion(version), conflictResolutionStrategy: .fail)
  }
}
