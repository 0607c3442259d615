// SPDX-License-Identifier: Apache-2.0
extension Query where Element == any PolymorphicEntity {
  /// All entities of the family's kind, each as its own type.
  public init(_ family: EntityFamily) {
    self.init(QueryRequest(kind: family.kind)) { try family.decode($0) }
  }
}
