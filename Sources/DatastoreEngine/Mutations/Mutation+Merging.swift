// SPDX-License-Identifier: Apache-2.0
public import DatastoreModel

extension Mutation {
  /// One mutation that does what this one and then another one of the same key do in a
  /// transaction, because a commit takes one mutation of each key.
  ///
  /// Unstable: this method may change in any minor release.
  ///
  /// - Throws: `DatastoreError` with `invalidArgument` for an insert after another write, an update
  ///   after a deletion, a deletion after an insert, and a second mutation with a conflict
  ///   detection.
  public func followed(by next: Mutation) throws(DatastoreError) -> Mutation {
    guard next.conflictDetection == nil else {
      throw refusal("a change that depends on a version, after another change")
    }
    switch (operation, next.operation) {
    case (.insert, .insert), (.update, .insert), (.upsert, .insert):
      throw refusal("an insert after another write")
    case (.delete, .update):
      throw refusal("an update after a deletion")
    case (.insert, .delete):
      throw refusal("a deletion after an insert")
    case (.delete, .insert(let entity)), (.delete, .upsert(let entity)):
      // Nothing is left that the mask could leave as it is.
      var new = entity
      if let mask = next.propertyMask { new.properties = PropertyMask(mask).kept(of: entity) }
      return with(.upsert(new), mask: nil, transforms: next.propertyTransforms)
    case (_, .delete(let key)):
      return with(.delete(key), mask: nil, transforms: [])
    case (_, .update(let entity)), (_, .upsert(let entity)):
      return merged(with: next, entity)
    }
  }

  private func merged(with next: Mutation, _ entity: Entity) -> Mutation {
    guard let mask = next.propertyMask else {
      return with(operation.completed(entity), mask: nil, transforms: next.propertyTransforms)
    }
    var new = self.entity ?? entity
    new.properties = PropertyMask(mask).merged(entity.properties, over: new.properties)
    // Later values replace what earlier transforms would compute.
    let earlier = propertyTransforms.filter { transform in
      !mask.contains { path in
        identicalText(path, transform.property)
          || transform.property.utf8.starts(with: "\(path).".utf8)
      }
    }
    return with(
      operation.completed(new), mask: propertyMask.map { $0 + mask.filter { !$0.isEmpty } },
      transforms: earlier + next.propertyTransforms)
  }

  private func with(
    _ operation: Operation, mask: [String]?, transforms: [PropertyTransform]
  ) -> Mutation {
    var mutation = self
    mutation.operation = operation
    mutation.propertyMask = mask
    mutation.propertyTransforms = transforms
    return mutation
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

extension PropertyMask {
  fileprivate func kept(of entity: Entity) -> Entity.Properties {
    merged(entity.properties, over: [:])
  }
}
