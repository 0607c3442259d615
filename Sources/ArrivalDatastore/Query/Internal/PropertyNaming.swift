internal import Synchronization

/// Finds the stored name of the property that a key path reads.
///
/// Swift does not say which coding key a stored property has. So the type is decoded from sample
/// values: once with low values only, and once for each property with that one high. A key path
/// reads the property that changes its value.
enum PropertyNaming {
  /// The values decoded from samples.
  private struct Samples<Root: Sendable>: Sendable {
    var low: Root
    var high: [(name: String, value: Root)]
  }

  /// The samples of each type, made once.
  private static let known = Mutex<[ObjectIdentifier: any Sendable]>([:])

  static func name<Root: DatastoreEntity>(
    of keyPath: KeyPath<Root, some Encodable>
  ) throws(DatastoreError) -> String {
    let declared = Root.propertyNames[keyPath]
    let name = if let declared { declared } else { try search(keyPath) }
    // `EntityEncoder` makes this property the entity's key.
    if name == "key" { return QueryRequest.keyProperty }
    let steps = name.split(separator: ".")
    for count in 1...max(1, steps.count) {
      let outer = steps.prefix(count).joined(separator: ".")
      guard Root.unindexedProperties.contains(outer) else { continue }
      throw DatastoreError(
        .invalidArgument,
        """
        The property is in \(Root.self).unindexedProperties, so queries cannot use it. Remove it \
        there and write the entities again.
        """, property: name)
    }
    return name
  }

  private static func search<Root: DatastoreEntity>(
    _ keyPath: KeyPath<Root, some Encodable>
  ) throws(DatastoreError) -> String {
    let samples = try samples(of: Root.self)
    let low = try EntityEncoder.value(samples.low[keyPath: keyPath])
    var names: [String] = []
    for (name, value) in samples.high
    where try EntityEncoder.value(value[keyPath: keyPath]) != low {
      names.append(name)
    }
    if names.count == 1 { return names[0] }
    let found =
      names.isEmpty ? "no property" : "several properties: \(names.joined(separator: ", "))"
    throw DatastoreError(
      .invalidArgument,
      """
      The key path \(keyPath) of \(Root.self) reads \(found). Use a key path of one stored \
      property, or declare the name in \(Root.self).propertyNames.
      """)
  }

  private static func samples<Root: DatastoreEntity>(
    of type: Root.Type
  ) throws(DatastoreError) -> Samples<Root> {
    let id = ObjectIdentifier(type)
    if let samples = known.withLock({ $0[id] }) as? Samples<Root> { return samples }
    do {
      let names = Sampler()
      let low = try Root(from: SampleDecoder(sampler: names, path: ""))
      let samples = Samples(
        low: low,
        high: try names.names.map { name in
          (name, try Root(from: SampleDecoder(sampler: Sampler(high: name), path: "")))
        })
      known.withLock { $0[id] = samples }
      return samples
    } catch {
      throw DatastoreError(
        .invalidArgument,
        """
        The names of the properties of \(type) are unknown, because \(type) cannot be decoded from \
        sample values. Declare the names that queries use in \(type).propertyNames.
        """, cause: error)
    }
  }
}
