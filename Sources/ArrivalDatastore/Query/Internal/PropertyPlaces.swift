// SPDX-License-Identifier: Apache-2.0
/// Where the properties of a type are stored, for masks and transforms.
///
/// In NDB's default form a part of a nested structure is a property of the entity, with a name such
/// as `home.city`. Otherwise it is a property of a nested entity. Masks tell them apart: the first
/// is `home\\.city`.
struct PropertyPlaces<Root: DatastoreEntity> {
  /// `nil` if the type cannot be decoded from sample values.
  private let samples: PropertyNaming.Samples<Root>?

  init() { samples = try? PropertyNaming.samples(of: Root.self) }

  /// The paths of all that is stored of a property. An entity has its value in `encoded`.
  func mask(
    of keyPath: KeyPath<Root, some Encodable>, encoded: Entity
  ) throws(DatastoreError) -> [String] {
    let path = try path(of: keyPath)
    if path == QueryRequest.keyProperty || !Root.flattensStructures { return [path] }
    let places = try places(of: path)
    for place in places where place.isOpen(in: encoded) { throw Self.refusal(path) }
    return places.map(\.text)
  }

  /// The path of a property that a transform changes.
  func transform(of keyPath: KeyPath<Root, some Encodable>) throws(DatastoreError) -> String {
    let path = try path(of: keyPath)
    if path == QueryRequest.keyProperty || !Root.flattensStructures { return path }
    let places = try places(of: path)
    guard places.count == 1 else { throw Self.refusal(path) }
    return places[0].text
  }

  private func path(
    of keyPath: KeyPath<Root, some Encodable>
  ) throws(DatastoreError) -> String {
    let path: String
    if let declared = Root.propertyNames[keyPath] {
      // Of a name with dots, only samples tell whether a coding key has them.
      let sampled = samples?.high.first { PropertyNaming.queryName($0.name) == declared }
      path = sampled?.name ?? declared
    } else {
      path = try PropertyNaming.search(keyPath, findsStructures: true)
    }
    return path == "key" ? QueryRequest.keyProperty : path
  }

  // MARK: NDB's form

  private func places(of path: String) throws(DatastoreError) -> [PropertyPlace] {
    guard let place = place(of: path) else { throw Self.refusal(path) }
    guard place.isFlat, let samples, samples.shape.structures.contains(ExactText(path)) else {
      return [place]
    }
    // A structure is null under its own name, or the properties of its parts.
    var places = [place]
    let inner = samples.high.map(\.name) + samples.shape.structures.map(\.text).sorted()
    for part in inner where part.hasPrefix("\(path).") {
      guard let place = self.place(of: part) else { throw Self.refusal(path) }
      if !places.contains(place.outermost) { places.append(place.outermost) }
    }
    return places
  }

  /// The place of a path. `nil` if parts of unknown names are stored for it.
  private func place(of path: String) -> PropertyPlace? {
    let names = PropertyPath(path)?.names ?? [path]
    for count in 1...names.count {
      let outer = names[..<count]
      if Root.leavesOut(outer.joined(separator: "."), samples?.shape) {
        // What no query uses stays a nested entity.
        return PropertyPlace(
          property: outer.joined(separator: "."), rest: Array(names[count...]), isFlat: false)
      }
      let text = outer.map(PropertyPath.escaped).joined(separator: ".")
      if samples?.shape.openEnds.contains(ExactText(text)) == true { return nil }
    }
    return PropertyPlace(property: names.joined(separator: "."), rest: [], isFlat: true)
  }

  private static func refusal(_ path: String) -> DatastoreError {
    DatastoreError(
      .invalidArgument,
      """
      \(Root.self) is stored in NDB's form, in which this property is several ones, or ones whose \
      names are unknown: those of a dictionary or of an array of structures. Name a single part of \
      it, or put the whole entity.
      """, property: PropertyNaming.queryName(path))
  }
}

/// A property of an entity in NDB's form, or a part of one that holds a nested entity.
private struct PropertyPlace: Equatable {
  var property: String
  var rest: [String]
  /// Whether a structure here would be stored in the properties of its parts.
  var isFlat: Bool

  /// The path in masks.
  var text: String { ([property] + rest).map(PropertyPath.escaped).joined(separator: ".") }

  /// The whole property.
  var outermost: PropertyPlace { PropertyPlace(property: property, rest: [], isFlat: isFlat) }

  /// Whether an entity has values whose other parts are unknown, although the place seemed to be
  /// that of one value.
  func isOpen(in entity: Entity) -> Bool {
    guard isFlat else { return false }
    switch entity.properties[property]?.value {
    case .entity?: return true
    case .array(let values)?: return values.contains { $0.entityValue != nil }
    default: return false
    }
  }

  static func == (a: Self, b: Self) -> Bool {
    identicalText(a.property, b.property) && a.rest.hasSameNames(as: b.rest) && a.isFlat == b.isFlat
  }
}

extension PropertyNaming.Samples {
  /// The path of the structure that has all of these properties and no others. `nil` if there is
  /// none.
  func structure(of names: [String]) -> String? {
    guard !names.isEmpty else { return nil }
    // The outermost of several structures inside each other that have one property.
    return shape.structures.map(\.text).sorted().first { path in
      !path.isEmpty
        && high.allSatisfy { part in
          part.name.hasPrefix("\(path).") == names.containsExactly(part.name)
            || shape.structures.contains(ExactText(part.name))
        }
    }
  }
}
