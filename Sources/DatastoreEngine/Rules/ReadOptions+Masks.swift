// SPDX-License-Identifier: Apache-2.0
public import DatastoreModel

/// The properties of a read's mask.
///
/// Unstable: this type may change in any minor release.
public struct EntityMask: Sendable {
  private let mask: PropertyMask

  /// Reads a mask that was checked.
  public init(_ paths: [String]) { mask = PropertyMask(paths) }

  /// The entity with only the properties of the mask.
  public func applied(to entity: Entity) -> Entity { mask.applied(to: entity) }
}

extension ReadOptions {
  /// Checks the mask of a lookup.
  ///
  /// Unstable: this method may change in any minor release.
  ///
  /// - Throws: `DatastoreError` with `invalidArgument`.
  public func checkMask() throws(DatastoreError) { try Self.check(propertyMask) }

  /// Checks the mask of a query. A projection has none.
  ///
  /// Unstable: this method may change in any minor release.
  ///
  /// - Throws: `DatastoreError` with `invalidArgument`.
  public func checkMask(for request: QueryRequest) throws(DatastoreError) { try check(request) }
}
