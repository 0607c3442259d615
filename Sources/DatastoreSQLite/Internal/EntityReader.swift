#if SQLite
  internal import Datastore
  internal import GRDB

  /// Reads the entities that the index points to.
  struct EntityReader {
    private let connection: Database
    private let cost: QueryCost

    init(_ connection: Database, _ cost: QueryCost) {
      self.connection = connection
      self.cost = cost
    }

    func read(_ bytes: [UInt8]) throws -> Entity {
      let key = try key(bytes)
      let select = try RawStatement(connection, "SELECT data FROM entity WHERE key = ?")
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

    /// Whether an entity has a value, by the index alone.
    func has(_ number: Int64, _ value: [UInt8], _ key: [UInt8]) throws -> Bool {
      cost.numbers.probes += 1
      let select = try RawStatement(
        connection, "SELECT 1 FROM entry WHERE property = ?1 AND position = ?2")
      defer { select.reset() }
      let position = value + key
      return try position.withUnsafeBytes {
        try select.bind(number, at: 1)
        try select.bind($0, at: 2)
        return try select.step()
      }
    }
  }
#endif
