// SPDX-License-Identifier: Apache-2.0
public import DatastoreModel

/// What a mutation makes of the stored entity.
///
/// Unstable: this type may change in any minor release.
public struct MutationEffect: Sendable {
  /// The entity to store. `nil` for none.
  public var entity: Entity?
  /// Whether the mutation is not written, because the entity has changed meanwhile.
  public var conflictDetected = false
  /// What each transform computed.
  public var transformResults: [Value] = []
  /// Whether the stored entity was removed on the way, so that a new one is created.
  public var isRecreated = false
  /// What the mutation's earlier changes made.
  public var earlier: [MutationEffect] = []

  /// Applies a mutation.
  ///
  /// - Parameters:
  ///   - mutation: The mutation.
  ///   - key: The key to write, with its ID.
  ///   - stored: The entity that is stored, with its version and update time.
  ///   - time: The time of the commit.
  /// - Throws: `DatastoreError`: `alreadyExists` or `notFound`; `failedPrecondition` for a conflict
  ///   that fails the commit; `invalidArgument` if the new entity exceeds the limits.
  public static func of(
    _ mutation: Mutation, on key: Key, stored: Entity?, at time: Timestamp
  ) throws(DatastoreError) -> MutationEffect {
    guard mutation.earlier.isEmpty else {
      return try of(mutation.steps, on: key, stored: stored, at: time)
    }
    try RequestRules.check(mutation, of: key, exists: stored != nil)
    if mutation.conflicts(with: stored) {
      guard mutation.conflictResolutionStrategy == .fail else {
        return MutationEffect(entity: stored, conflictDetected: true)
      }
      throw DatastoreError(
        .failedPrecondition,
        """
        The entity has changed since the version that the mutation names. Nothing was written. \
        Read it again, or let the stored entity win.
        """, key: key)
    }
    guard var new = mutation.entity else { return MutationEffect() }
    new = Entity(key, new.properties)
    guard mutation.dependsOnStoredEntity else { return MutationEffect(entity: new) }
    if let mask = mutation.propertyMask {
      new.properties = PropertyMask(mask).merged(new.properties, over: stored?.properties ?? [:])
    }
    var effect = MutationEffect()
    for transform in mutation.propertyTransforms {
      effect.transformResults.append(transform.apply(to: &new.properties, at: time))
    }
    // Properties that the mutation does not show may have grown.
    let visible = DatabaseScope(ofStored: key.namespace).visible(key)
    try Limits.check(.upsert(Entity(visible, new.properties)))
    effect.entity = new
    return effect
  }

  /// Applies the changes of one entity in order.
  private static func of(
    _ steps: [Mutation], on key: Key, stored: Entity?, at time: Timestamp
  ) throws(DatastoreError) -> MutationEffect {
    var effects: [MutationEffect] = []
    effects.reserveCapacity(steps.count)
    var present = stored
    var isRecreated = false
    for step in steps {
      var effect = try of(step, on: key, stored: present, at: time)
      if !effect.conflictDetected {
        if present != nil, effect.entity == nil { isRecreated = true }
        // What the client has read is the entity as it is stored.
        effect.entity?.version = present?.version
        effect.entity?.updateTime = present?.updateTime
        present = effect.entity
      }
      effects.append(effect)
    }
    guard var last = effects.popLast() else { return MutationEffect(entity: stored) }
    last.entity = present
    last.isRecreated = isRecreated
    last.earlier = effects
    return last
  }
}

extension MutationEffect {
  /// Whether nothing is written: the mutation and its earlier changes have conflicts.
  public var leavesStored: Bool {
    conflictDetected && earlier.allSatisfy(\.conflictDetected)
  }

  /// The result of the mutation, whose key, version and times the store has given.
  public func completing(_ result: MutationResult) -> MutationResult {
    var complete = result
    complete.conflictDetected = conflictDetected
    complete.transformResults = transformResults
    complete.earlier = earlier.map { $0.completing(result) }
    return complete
  }
}

extension Mutation {
  fileprivate func conflicts(with stored: Entity?) -> Bool {
    switch conflictDetection {
    case nil: false
    case .baseVersion(let version)?: stored?.version != version
    case .updateTime(let time)?: stored?.updateTime != time
    }
  }
}
