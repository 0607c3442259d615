/// Turns entities back into `Decodable` values; the counterpart of ``EntityEncoder``.
///
/// A property that the type does not ask for is ignored. One that it asks for and that is missing
/// is `nil` for an optional, and an error for everything else. An integer is read as a `Double`
/// where that is exact; nothing else is converted.
public struct EntityDecoder: Sendable {
  /// Makes a decoder.
  public init() {}

  /// Reads an entity as a value of a type.
  ///
  /// For a ``DatastoreEntity``, the property `key` is the entity's key.
  ///
  /// - Throws: ``DatastoreError`` with `decodingFailed` that names the key, the path of the
  ///   property that does not fit, what it is and what the type wanted; the cause is the
  ///   `DecodingError`.
  public func decode<T: Decodable>(
    _ type: T.Type = T.self, from entity: Entity
  ) throws(DatastoreError) -> T {
    do {
      return try NodeDecoder(value: .entity(entity), path: nil).read(type)
    } catch let error as DecodingError {
      throw Self.error(error, type, entity.key)
    } catch var error as DatastoreError {
      error.key = error.key ?? entity.key
      throw error
    } catch {
      throw DatastoreError(
        .decodingFailed, "The entity cannot be read as \(type): its own check refused it.",
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
      what = "there is no such property. Give it a default in `init(from:)`, or make it optional"
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
