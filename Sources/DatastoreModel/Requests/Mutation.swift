// SPDX-License-Identifier: Apache-2.0
/// A change of one entity.
public enum Mutation: Sendable, Hashable {
  /// Writes an entity whose key must not exist. An incomplete key gets an ID.
  case insert(Entity)
  /// Writes an entity whose key must exist.
  case update(Entity)
  /// Writes an entity whether or not its key exists. An incomplete key gets an ID.
  case upsert(Entity)
  /// Removes the entity of this key, if there is one.
  case delete(Key)

  /// The key to change. `nil` for an entity without a key, which no backend accepts.
  public var key: Key? {
    switch self {
    case .insert(let entity), .update(let entity), .upsert(let entity): entity.key
    case .delete(let key): key
    }
  }

  /// The entity to write. `nil` for a deletion.
  public var entity: Entity? {
    switch self {
    case .insert(let entity), .update(let entity), .upsert(let entity): entity
    case .delete: nil
    }
  }
}
