// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// Finds the stored name of the property that a key path reads.
///
/// Swift does not say which coding key a stored property has. So the type is decoded from sample
/// values: once with low values only, and once for each property with that one high. A key path
/// reads the property that changes its value. If the type refuses the sample values, the place of
/// the property in memory gives its name: see ``StoredLayout``.
enum PropertyNaming {
  /// The values decoded from samples. Names are paths, as masks have them.
  struct Samples<Root: Sendable>: Sendable {
    var low: Root
    var high: [(name: String, value: Root)]
    var shape: SampledShape
  }

  /// The samples of each type, made once, or the error if it has none.
  private static let known = Mutex<[ObjectIdentifier: any Sendable]>([:])

  /// The name of the property in queries, for which it must be indexed.
  static func name<Root: DatastoreEntity>(
    of keyPath: KeyPath<Root, some Encodable>
  ) throws(DatastoreError) -> String {
    let declared = Root.propertyNames[keyPath]
    let name = if let declared { declared } else { queryName(try search(keyPath)) }
    // `EntityEncoder` makes this property the entity's key.
    if name == "key" { return QueryRequest.keyProperty }
    // A declared name is often that of a type that cannot be sampled.
    let shape = declared == nil ? (try? samples(of: Root.self))?.shape : nil
    let steps = name.split(separator: ".")
    for count in 1...max(1, steps.count) {
      let outer = steps.prefix(count).joined(separator: ".")
      guard Root.leavesOut(outer, shape) else { continue }
      throw DatastoreError(
        .invalidArgument,
        """
        The property is in the unindexedProperties of \(Root.self) or of a nested type, so queries \
        cannot use it. Remove it there and write the entities again.
        """, property: name)
    }
    return name
  }

  /// The name in queries of a path in masks: without backslashes.
  static func queryName(_ path: String) -> String {
    PropertyPath(path)?.names.joined(separator: ".") ?? path
  }

  /// Checks what queries need to know of a type; see ``DatastoreEntity/checkQueryable()``.
  static func check<Root: DatastoreEntity>(_ type: Root.Type) throws(DatastoreError) {
    let names: [String]
    do throws(DatastoreError) {
      names = try samples(of: type).high.map { queryName($0.name) }
    } catch {
      let fields = StoredLayout.names(of: type, except: type.propertyNames)
      let unknown = fields.filter { $0.stored == nil && $0.property != "key" }.map(\.property)
      if fields.isEmpty { throw error }
      if !unknown.isEmpty {
        throw DatastoreError(
          .invalidArgument,
          """
          Queries cannot find the stored names of these properties of \(type): \
          \(unknown.joined(separator: ", ")). Declare them in \(type).propertyNames.
          """, cause: error)
      }
      names = fields.compactMap(\.stored) + type.propertyNames.values
    }
    for name in type.unindexedProperties.sorted() + type.propertyNames.values.sorted()
    where !names.contains(where: { isSameOrInside($0, name) || isSameOrInside(name, $0) }) {
      throw DatastoreError(
        .invalidArgument,
        """
        \(type).unindexedProperties or propertyNames has a name that \(type) does not read. Its \
        properties are: \(names.joined(separator: ", ")).
        """, property: name)
    }
  }

  private static func isSameOrInside(_ name: String, _ outer: String) -> Bool {
    name == outer || name.hasPrefix("\(outer).")
  }

  /// The path of the property, as masks have it.
  ///
  /// - Parameter findsStructures: Whether the property may be a nested structure.
  static func search<Root: DatastoreEntity>(
    _ keyPath: KeyPath<Root, some Encodable>, findsStructures: Bool = false
  ) throws(DatastoreError) -> String {
    let samples: Samples<Root>
    do throws(DatastoreError) {
      samples = try self.samples(of: Root.self)
    } catch {
      if let name = StoredLayout.name(of: keyPath) { return name }
      throw error
    }
    let low = try EntityEncoder.value(samples.low[keyPath: keyPath])
    var names: [String] = []
    for (name, value) in samples.high
    where try EntityEncoder.value(value[keyPath: keyPath]) != low {
      names.append(name)
    }
    if findsStructures, low.entityValue != nil, let name = samples.structure(of: names) {
      return name
    }
    if names.count == 1 { return names[0] }
    if names.isEmpty, let name = StoredLayout.name(of: keyPath) { return name }
    let found =
      names.isEmpty ? "no property" : "several properties: \(names.joined(separator: ", "))"
    throw DatastoreError(
      .invalidArgument,
      """
      The key path \(keyPath) of \(Root.self) reads \(found). Use a key path of one stored \
      property, or declare the name in \(Root.self).propertyNames.
      """)
  }

  static func samples<Root: DatastoreEntity>(
    of type: Root.Type
  ) throws(DatastoreError) -> Samples<Root> {
    let id = ObjectIdentifier(type)
    switch known.withLock({ $0[id] }) {
    case let samples as Samples<Root>: return samples
    case let error as DatastoreError: throw error
    default: break
    }
    do {
      let names = Sampler()
      let low = try Root(from: SampleDecoder(sampler: names, path: ""))
      var samples = Samples(low: low, high: [], shape: names.shape)
      for name in names.names {
        let sampler = Sampler(high: name)
        let value = try Root(from: SampleDecoder(sampler: sampler, path: ""))
        samples.high.append((name, value))
        samples.shape.formUnion(sampler.shape)
      }
      known.withLock { $0[id] = samples }
      return samples
    } catch {
      let error = DatastoreError(
        .invalidArgument,
        """
        The name of the property is unknown, because \(type) cannot be decoded from sample values. \
        Declare the names that queries use in \(type).propertyNames.
        """, cause: error)
      known.withLock { $0[id] = error }
      throw error
    }
  }
}

extension DatastoreEntity {
  /// Whether the type, or that of a nested structure, leaves a property out of the indexes. Its
  /// name is that in queries.
  static func leavesOut(_ name: String, _ shape: SampledShape?) -> Bool {
    unindexedProperties.contains(name) || shape?.unindexed.contains(ExactText(name)) ?? false
  }
}
