#if SQLite
  internal import Datastore
  internal import GRDB

  /// Reads the entities that the index points to.
  struct EntityReader {
    private let select: RawStatement
    private let cost: QueryCost

    init(_ connection: Database, _ cost: QueryCost) throws {
      select = try RawStatement(connection, "SELECT data FROM entity WHERE key = ?")
      self.cost = cost
    }

    func read(_ bytes: [UInt8]) throws -> Entity {
      let key = try key(bytes)
      defer { select.reset() }
      return try bytes.withUnsafeBytes { bytes in
        try select.bind(bytes, at: 1)
        guard try select.step() else {
          throw StoreFailure.corruptIndex(CorruptBlob("it names \(key), which is not there"))
        }
        cost.numbers.entities += 1
        do throws(CorruptBlob) {
          return Entity(key, try EntityCodec.decode(select.blob, of: bytes))
        } catch {
          throw StoreFailure.corrupt(key, error)
        }
      }
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
      defer { if data == nil { select.reset() } }
      var found = data
      if data == nil {
        try select.bind(key, at: 1)
        if try select.step() { found = select.blob }
      }
      guard let found else {
        let key = try self.key([UInt8](key))
        throw StoreFailure.corruptIndex(CorruptBlob("it names \(key), which is not there"))
      }
      cost.numbers.glances += 1
      do {
        try property.withUnsafeBytes { property in
          try EntityCodec.appendIndexedValues(of: property, in: found, key: key, to: &values)
        }
      } catch let error as CorruptBlob {
        throw StoreFailure.corrupt(try self.key([UInt8](key)), error)
      }
    }
  }
#endif
