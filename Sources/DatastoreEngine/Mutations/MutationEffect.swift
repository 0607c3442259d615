// SPDX-License-Identifier: Apache-2.0
public import DatastoreModel

/// What a mutation makes of the stored entity.
///
/// Unstable: this type may change in any minor release.
public struct MutationEffect: Sendable {
  /// The entity to store. `nil` for none.
  public var entity: Entity?
  /// Whether the stored entity stays as it is, because it has changed meanwhile.
  public var conflictDetected = false
  /// What each transform computed.
  public var transformResults: [Value] = []

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
