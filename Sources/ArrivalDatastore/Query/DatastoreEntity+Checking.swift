// SPDX-License-Identifier: Apache-2.0
extension DatastoreEntity {
  /// Checks, for a unit test, that queries can name the properties of this type.
  ///
  /// ```swift
  /// @Test func `Users can be queried`() throws { try User.checkQueryable() }
  /// ```
  ///
  /// - Throws: ``DatastoreError`` with `invalidArgument` if the names of properties cannot be found
  ///   and are not in ``propertyNames``, or if `unindexedProperties` or ``propertyNames`` has a
  ///   name that is no property of the type.
  public static func checkQueryable() throws(DatastoreError) { try PropertyNaming.check(Self.self) }
}
