// SPDX-License-Identifier: Apache-2.0
public import DatastoreModel

extension LookupReply {
  /// Keeps only the properties of a mask that was checked. `nil` keeps all.
  ///
  /// Unstable: this method may change in any minor release.
  public mutating func mask(_ paths: [String]?) {
    guard let mask = paths.map({ PropertyMask($0) }) else { return }
    found = found.map(mask.applied(to:))
  }
}

extension QueryReply {
  /// Keeps only the properties of a mask that was checked. `nil` keeps all.
  ///
  /// Unstable: this method may change in any minor release.
  public mutating func mask(_ paths: [String]?) {
    guard let mask = paths.map({ PropertyMask($0) }) else { return }
    for index in items.indices { items[index].entity = mask.applied(to: items[index].entity) }
  }
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
