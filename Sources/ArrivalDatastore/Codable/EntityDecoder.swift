// SPDX-License-Identifier: Apache-2.0
/// Decodes entities as `Decodable` values. It reads what ``EntityEncoder`` writes.
///
/// A property that the type does not read is ignored. If a property is missing, an optional becomes
/// `nil`, and anything else is an error. An integer is read as a `Double` if that is exact. Nothing
/// else is converted.
///
/// A nested value is read from an entity, or from the properties of its parts, as NDB writes
/// structured properties by default: `home.city` and `home.street` for `home`. An array of nested
/// values is then an array for each part.
public struct EntityDecoder: Sendable {
  /// Makes a decoder.
  public init() {}

  /// Decodes an entity as a value of a type.
  ///
  /// For a ``DatastoreEntity``, the property `key` is the entity's key.
  ///
  /// - Throws: ``DatastoreError`` with `decodingFailed`. It names the key, the path of the property
  ///   that does not fit, its type and the expected type. The cause is the `DecodingError`. A
  ///   ``DatastoreEntity`` is also refused if the entity is of another kind.
  public func decode<T: Decodable>(
    _ type: T.Type = T.self, from entity: Entity
  ) throws(DatastoreError) -> T {
    if let type = type as? any DatastoreEntity.Type, let key = entity.key, key.kind != type.kind {
      throw DatastoreError(
        .decodingFailed,
        """
        The entity is of kind "\(key.kind)", and \(type) is stored as kind "\(type.kind)". Read it \
        as the type of its kind.
        """, key: key)
    }
    do {
      return try NodeDecoder(value: .entity(entity), path: nil).read(type)
    } catch let error as DecodingError {
      throw Self.error(error, type, entity.key)
    } catch var error as DatastoreError {
      error.key = error.key ?? entity.key
      throw error
    } catch {
      throw DatastoreError(
        .decodingFailed, "The entity cannot be read as \(type): `init(from:)` threw an error.",
        key: entity.key, cause: error)
    }
  }

  private static func error(_ error: DecodingError, _ type: Any.Type, _ key: Key?) -> DatastoreError
  {
    let context: DecodingError.Context
    var steps: [any CodingKey] = []
    var what: String
    switch error {
    case .keyNotFound(let missing, let found):
      context = found
      steps = [StepKey(missing)]
      what = "it lacks this property. Make it optional, or give it a value in `defaultProperties`"
    case .valueNotFound(_, let found), .typeMismatch(_, let found), .dataCorrupted(let found):
      context = found
      what = found.debugDescription
    @unknown default:
      return DatastoreError(
        .decodingFailed, "The entity cannot be read as \(type).", key: key, cause: error)
    }
    if what.hasSuffix(".") { what.removeLast() }
    return DatastoreError(
      .decodingFailed, "The entity cannot be read as \(type): \(what).", key: key,
      property: CodingPath.text(context.codingPath + steps), cause: error)
  }
}
