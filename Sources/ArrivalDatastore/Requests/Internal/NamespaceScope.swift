// SPDX-License-Identifier: Apache-2.0
internal import DatastoreEngine

/// The namespace that a datastore or a context is confined to.
///
/// Keys and queries without a namespace get this one. Others are refused, so that no call reaches
/// another tenant.
struct NamespaceScope: Sendable, Hashable {
  let name: String

  func key(_ key: Key) throws(DatastoreError) -> Key {
    if key.namespace == name { return key }
    guard key.namespace.isEmpty else {
      throw DatastoreError(
        .invalidArgument,
        """
        The key is of the namespace "\(key.namespace)", but the datastore or context is confined \
        to "\(name)". Use a datastore without a namespace for several of them.
        """, key: key)
    }
    return Key(uncheckedPath: key.path, namespace: name)
  }

  func entity(_ entity: Entity) throws(DatastoreError) -> Entity {
    var scoped = entity
    if let key = entity.key { scoped.key = try self.key(key) }
    for (name, property) in entity.properties {
      // Most values refer to no entity, and need not be written again.
      if let value = try value(property.value) { scoped.properties[name]?.value = value }
    }
    return scoped
  }

  /// The value with its keys in the namespace. `nil` if nothing changes.
  private func value(_ value: Value) throws(DatastoreError) -> Value? {
    switch value {
    case .key(let key): return .key(try self.key(key))
    case .entity(let entity): return .entity(try self.entity(entity))
    case .array(let values):
      var scoped: [Value] = []
      for value in values { scoped.append(try self.value(value) ?? value) }
      return .array(scoped)
    case .null, .boolean, .integer, .double, .string, .bytes, .timestamp, .geoPoint: return nil
    }
  }

  func mutation(_ mutation: Mutation) throws(DatastoreError) -> Mutation {
    var scoped = mutation
    switch mutation.operation {
    case .insert(let entity): scoped.operation = .insert(try self.entity(entity))
    case .update(let entity): scoped.operation = .update(try self.entity(entity))
    case .upsert(let entity): scoped.operation = .upsert(try self.entity(entity))
    case .delete(let key): scoped.operation = .delete(try self.key(key))
    }
    for index in scoped.propertyTransforms.indices {
      switch scoped.propertyTransforms[index].operation {
      case .appendMissingElements(let values):
        if case .array(let values)? = try value(.array(values)) {
          scoped.propertyTransforms[index].operation = .appendMissingElements(values)
        }
      case .removeAllFromArray(let values):
        if case .array(let values)? = try value(.array(values)) {
          scoped.propertyTransforms[index].operation = .removeAllFromArray(values)
        }
      case .setToServerTime, .increment, .maximum, .minimum: break
      }
    }
    return scoped
  }

  func request(_ request: QueryRequest) throws(DatastoreError) -> QueryRequest {
    guard request.namespace.isEmpty || request.namespace == name,
      request.kind != StoreMetadata.Sort.namespace.rawValue
    else {
      throw DatastoreError(
        .invalidArgument,
        """
        The query is of the namespace "\(request.namespace)" or of all namespaces, but the \
        datastore or context is confined to "\(name)". Use a datastore without a namespace for \
        several of them.
        """)
    }
    var scoped = request
    scoped.namespace = name
    if let filter = request.filter { scoped.filter = try self.filter(filter) }
    return scoped
  }

  private func filter(_ filter: QueryFilter) throws(DatastoreError) -> QueryFilter {
    switch filter {
    case .property(let property, let comparison, let value):
      return .property(property, comparison, try self.value(value) ?? value)
    case .ancestor(let key): return .ancestor(try self.key(key))
    case .and(let parts):
      var scoped: [QueryFilter] = []
      for part in parts { scoped.append(try self.filter(part)) }
      return .and(scoped)
    case .or(let parts):
      var scoped: [QueryFilter] = []
      for part in parts { scoped.append(try self.filter(part)) }
      return .or(scoped)
    }
  }
}

extension DatastoreCore {
  /// The namespace that the calling code is confined to. `nil` for none.
  ///
  /// A context within a namespace cannot leave it.
  func scope() throws(DatastoreError) -> NamespaceScope? {
    let outer = configuration.namespace
    if RequestContext.current == nil {
      return outer.isEmpty ? nil : NamespaceScope(name: outer)
    }
    let names = RequestContext.namespaces(self)
    guard let name = names.first ?? (outer.isEmpty ? nil : outer) else { return nil }
    guard names.allSatisfy({ $0 == name }), outer.isEmpty || outer == name else {
      throw DatastoreError(
        .invalidArgument,
        """
        A context of the namespace "\(name)" is inside a datastore or context of another one. Use \
        a datastore without a namespace for several of them.
        """)
    }
    return NamespaceScope(name: name)
  }
}
