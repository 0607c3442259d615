// SPDX-License-Identifier: Apache-2.0
extension Limits {
  /// Transforms of one mutation.
  public static let propertyTransforms = 500

  /// Checks that a mutation has no part that its operation cannot have.
  static func checkStrategy(of mutation: Mutation) throws(Violation) {
    if mutation.conflictDetection == nil, mutation.conflictResolutionStrategy != .unspecified {
      throw Violation(
        """
        The mutation says how a conflict is resolved, and not how one is detected. Give it a base \
        version or an update time, or leave out the strategy.
        """)
    }
    if case .baseVersion(let version)? = mutation.conflictDetection, version < 0 {
      throw Violation(
        """
        The base version of the mutation is \(version). Give the version that a read returned, \
        which is never negative.
        """)
    }
    if case .delete = mutation.operation, !mutation.propertyTransforms.isEmpty {
      throw Violation("A deletion has transforms. Leave them out.")
    }
  }

  /// Checks the mask and the transforms of a mutation, and measures them.
  static func size(ofChanges mutation: Mutation) throws(Violation) -> Int {
    if case .delete = mutation.operation { return 0 }
    try checkPaths(mutation.propertyMask ?? [])
    guard mutation.propertyTransforms.count <= propertyTransforms else {
      throw Violation(
        """
        The mutation has \(grouped(mutation.propertyTransforms.count)) transforms; at most \
        \(propertyTransforms) are allowed. Split it.
        """)
    }
    var total = (mutation.propertyMask ?? []).reduce(0) { $0 + $1.utf8.count + 1 }
    for transform in mutation.propertyTransforms {
      try checkPaths([transform.property])
      total += transform.property.utf8.count + 1
      do throws(Violation) {
        total += try size(of: transform.operation)
      } catch {
        throw error.inside(transform.property.clipped())
      }
    }
    return total
  }

  private static func size(
    of operation: PropertyTransform.Operation
  ) throws(Violation) -> Int {
    switch operation {
    case .setToServerTime: return 8
    case .increment(let value), .maximum(let value), .minimum(let value):
      switch value {
      case .integer, .double: return 8
      default:
        throw Violation(
          """
          A transform computes with \("\(value)".clipped()), which is no number. Give it an \
          integer or double.
          """)
      }
    case .appendMissingElements(let values), .removeAllFromArray(let values):
      return try size(ofElements: values)
    }
  }

  /// Checks the paths of a mask of a read or write.
  package static func check(mask: [String]?, key: Key?) throws(DatastoreError) {
    do throws(Violation) {
      try checkPaths(mask ?? [])
    } catch {
      throw error.error(key: key)
    }
  }

  private static func checkPaths(_ paths: [String]) throws(Violation) {
    for path in paths where path != QueryRequest.keyProperty {
      guard let parsed = PropertyPath(path) else {
        throw Violation(
          """
          "\(path.clipped())" is not the path of a property. Give names separated by dots. A dot \
          or backslash in a name needs a backslash before it.
          """)
      }
      guard parsed.names.count <= nestingDepth + 1 else {
        throw Violation(
          """
          The path "\(path.clipped())" leads through \(grouped(parsed.names.count - 1)) nested \
          entities; at most \(nestingDepth) are allowed. Shorten it.
          """)
      }
      for name in parsed.names { try check(propertyName: name) }
    }
  }
}
