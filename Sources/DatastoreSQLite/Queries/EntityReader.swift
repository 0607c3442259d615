#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB

  /// Reads the entities that the index points to.
  struct EntityReader {
    static let numberSQL = "SELECT data FROM entity WHERE id = ?2 AND key = ?1"

    private let byNumber: RawStatement
    private let byKey: RawStatement
    private let cost: QueryCost

    init(_ connection: Database, _ cost: QueryCost) throws {
      byNumber = try RawStatement(connection, Self.numberSQL)
      byKey = try RawStatement(connection, "SELECT data FROM entity WHERE key = ?")
      self.cost = cost
    }

    /// - Parameter number: The entity's number, if it is right.
    func read(_ bytes: [UInt8], number: Int64) throws -> Entity {
      let key = try key(bytes)
      return try bytes.withUnsafeBytes { bytes in
        try find(bytes, number) { data in
          cost.numbers.entities += 1
          do throws(CorruptBlob) {
            return Entity(key, try EntityCodec.decode(data, of: bytes))
          } catch {
            throw StoreFailure.corrupt(key, error)
          }
        }
      }
    }

    /// Finds an entity's bytes by its number, or by its key if that is another's or none's.
    private func find<Found>(
      _ key: UnsafeRawBufferPointer, _ number: Int64,
      _ read: (UnsafeRawBufferPointer) throws -> Found
    ) throws -> Found {
      if number != 0 {
        defer { byNumber.reset() }
        try byNumber.bind(key, at: 1)
        try byNumber.bind(number, at: 2)
        if try byNumber.step() { return try read(byNumber.blob) }
      }
      defer { byKey.reset() }
      try byKey.bind(key, at: 1)
      guard try byKey.step() else {
        let key = try self.key([UInt8](key))
        throw StoreFailure.corruptIndex(CorruptBlob("it names \(key), which is not there"))
      }
      cost.numbers.keySearches += 1
      return try read(byKey.blob)
    }

    func key(_ bytes: [UInt8]) throws -> Key {
      do throws(CorruptBlob) {
        let key = bytes.withUnsafeBytes { bytes in
          Result { () throws(CorruptBlob) in try KeyCodec.decode(bytes) }
        }
        return try key.get()
      } catch {
        throw StoreFailure.corruptIndex(error)
      }
    }

    /// Appends what values of a property an entity has in the index; only they are decoded.
    ///
    /// - Parameters:
    ///   - property: The bytes of its name.
    ///   - data: The entity's bytes; `nil` looks for them.
    func appendValues(
      of property: [UInt8], _ key: UnsafeRawBufferPointer, data: UnsafeRawBufferPointer?,
      to values: inout [[UInt8]]
    ) throws {
      guard let data else {
        return try find(key, 0) {
          try appendValues(of: property, key, data: $0, to: &values)
        }
      }
      cost.numbers.glances += 1
      do {
        try property.withUnsafeBytes { property in
          try EntityCodec.appendIndexedValues(of: property, in: data, key: key, to: &values)
        }
      } catch let error as CorruptBlob {
        throw StoreFailure.corrupt(try self.key([UInt8](key)), error)
      }
    }
  }
#endif
