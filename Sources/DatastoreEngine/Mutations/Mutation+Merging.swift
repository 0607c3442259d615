// SPDX-License-Identifier: Apache-2.0
public import DatastoreModel

extension Mutation {
  /// One mutation that does what this one and then another one of the same key do in a
  /// transaction, because a commit takes one mutation of each key.
  ///
  /// Where one change cannot say both, the result has this one among its `earlier` changes.
  ///
  /// Unstable: this method may change in any minor release.
  ///
  /// - Throws: `DatastoreError` with `invalidArgument` for the sequences that the API forbids: an
  ///   insert after another write, and an update after a deletion.
  public func followed(by next: Mutation) throws(DatastoreError) -> Mutation {
    var both = self
    try both.add(next)
    return both
  }

  /// Makes this mutation do what another one of the same key does after it.
  ///
  /// - Throws: As ``followed(by:)``.
  mutating func add(_ next: Mutation) throws(DatastoreError) {
    switch (operation, next.operation) {
    case (.insert, .insert), (.update, .insert), (.upsert, .insert):
      throw refusal("an insert after another write")
    case (.delete, .update):
      throw refusal("an update after a deletion")
    default: break
    }
    if !isDecided(before: next) || next.conflictDetection != nil {
      // Taken out of the mutation, so that a long list is not copied.
      var steps = earlier
      earlier = []
      steps.append(self)
      self = next
      earlier = steps
      return
    }
    switch next.operation {
    case .delete:
      operation = next.operation
      propertyMask = nil
    case .insert(let entity), .update(let entity), .upsert(let entity):
      merge(next, entity)
    }
    propertyTransforms = next.propertyTransforms
  }

  /// Whether another change can be merged into this one, because nothing is lost of what it checks
  /// and computes.
  private func isDecided(before next: Mutation) -> Bool {
    guard conflictDetection == nil, propertyTransforms.isEmpty else { return false }
    switch (operation, next.operation) {
    // The later change would not demand that the entity exists, or that it does not.
    case (.insert, .delete), (.update, .delete): return false
    // The entity is another one afterwards, with a create time of its own.
    case (.delete, .insert), (.delete, .upsert): return false
    default: return true
    }
  }

  private mutating func merge(_ next: Mutation, _ entity: Entity) {
    guard let mask = next.propertyMask else {
      operation = operation.completed(entity)
      propertyMask = nil
      return
    }
    var new = self.entity ?? entity
    new.properties = PropertyMask(mask).merged(entity.properties, over: new.properties)
    operation = operation.completed(new)
    propertyMask = propertyMask.map { $0 + mask }
  }

  private func refusal(_ what: String) -> DatastoreError {
    DatastoreError(
      .invalidArgument,
      "A transaction has two changes of this key: \(what). Make one change of the two.", key: key)
  }
}

extension Mutation.Operation {
  /// The same operation with another entity.
  package func completed(_ entity: Entity) -> Mutation.Operation {
    switch self {
    case .insert: .insert(entity)
    case .update: .update(entity)
    case .upsert: .upsert(entity)
    case .delete: .upsert(entity)
    }
  }
}
