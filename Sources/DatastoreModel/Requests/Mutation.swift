// SPDX-License-Identifier: Apache-2.0
/// A change of one entity.
///
/// ```swift
/// Mutation.upsert(entity)
/// Mutation.transform(key, [PropertyTransform("count", .increment(1))])
/// ```
public struct Mutation: Sendable, Hashable {
  /// What is done with the entity.
  public enum Operation: Sendable, Hashable {
    /// Writes an entity whose key must not exist. An incomplete key gets an ID.
    case insert(Entity)
    /// Writes an entity whose key must exist.
    case update(Entity)
    /// Writes an entity whether or not its key exists. An incomplete key gets an ID.
    case upsert(Entity)
    /// Removes the entity of this key, if there is one.
    case delete(Key)
  }

  /// How the datastore notices that the entity has changed since it was read.
  public enum ConflictDetection: Sendable, Hashable {
    /// The stored entity must have this ``Entity/version``.
    case baseVersion(Int64)
    /// The stored entity must have this ``Entity/updateTime``.
    case updateTime(Timestamp)
  }

  /// What a conflict leads to. A conflict is found by ``ConflictDetection`` alone.
  public enum ConflictResolutionStrategy: Sendable, Hashable {
    /// As `serverValue`.
    case unspecified
    /// The stored entity stays as it is, and ``MutationResult/conflictDetected`` is `true`. The
    /// other mutations of the commit are written.
    case serverValue
    /// The whole commit fails with `failedPrecondition`.
    case fail
  }

  /// What is done with the entity.
  public var operation: Operation
  /// The properties to write. `nil` for all.
  ///
  /// If the entity exists, all other properties stay as they are. A property of the mask that the
  /// given entity lacks is removed. `outer.inner` is a property of a nested entity. A dot or
  /// backslash in a name is written with a backslash before it. A deletion ignores the mask.
  public var propertyMask: [String]?
  /// Changes that the datastore computes from the stored values, in order, after the properties
  /// are written.
  public var propertyTransforms: [PropertyTransform]
  /// How a conflict is noticed. `nil` for not at all.
  public var conflictDetection: ConflictDetection?
  /// What a conflict leads to.
  public var conflictResolutionStrategy: ConflictResolutionStrategy
  /// Changes of the same entity in the same commit that take effect before this one, in order.
  ///
  /// Only commits of transactions may have them. They have no earlier changes themselves. Changes
  /// that one mutation can express are merged into it, so most mutations have none.
  public var earlier: [Mutation] = []

  /// Makes a mutation.
  public init(
    _ operation: Operation, propertyMask: [String]? = nil,
    propertyTransforms: [PropertyTransform] = [], conflictDetection: ConflictDetection? = nil,
    conflictResolutionStrategy: ConflictResolutionStrategy = .unspecified
  ) {
    self.operation = operation
    self.propertyMask = propertyMask
    self.propertyTransforms = propertyTransforms
    self.conflictDetection = conflictDetection
    self.conflictResolutionStrategy = conflictResolutionStrategy
  }

  /// Writes an entity whose key must not exist. An incomplete key gets an ID.
  public static func insert(_ entity: Entity) -> Mutation { Mutation(.insert(entity)) }
  /// Writes an entity whose key must exist.
  public static func update(_ entity: Entity) -> Mutation { Mutation(.update(entity)) }
  /// Writes an entity whether or not its key exists. An incomplete key gets an ID.
  public static func upsert(_ entity: Entity) -> Mutation { Mutation(.upsert(entity)) }
  /// Removes the entity of this key, if there is one.
  public static func delete(_ key: Key) -> Mutation { Mutation(.delete(key)) }

  /// Changes properties of an existing entity without reading it.
  public static func transform(_ key: Key, _ transforms: [PropertyTransform]) -> Mutation {
    Mutation(.update(Entity(key)), propertyMask: [], propertyTransforms: transforms)
  }

  /// The changes of the entity, of which this mutation without ``earlier`` is the last one.
  public var steps: [Mutation] {
    if earlier.isEmpty { return [self] }
    var last = self
    last.earlier = []
    return earlier + [last]
  }

  /// The key to change. `nil` for an entity without a key, which no backend accepts.
  public var key: Key? {
    switch operation {
    case .insert(let entity), .update(let entity), .upsert(let entity): entity.key
    case .delete(let key): key
    }
  }

  /// The entity to write. `nil` for a deletion.
  ///
  /// It is what is stored afterwards, unless the mutation has a mask, transforms or a conflict.
  public var entity: Entity? {
    switch operation {
    case .insert(let entity), .update(let entity), .upsert(let entity): entity
    case .delete: nil
    }
  }

  /// Whether what is stored afterwards depends on what is stored before.
  public var dependsOnStoredEntity: Bool {
    if conflictDetection != nil || !earlier.isEmpty { return true }
    if case .delete = operation { return false }
    return propertyMask != nil || !propertyTransforms.isEmpty
  }
}
