// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB

  /// Reads the entities that index rows point to.
  struct EntityReader {
    static let rowIDSQL = "SELECT updated, age, data FROM entity WHERE id = ?2 AND key = ?1"

    private let byRowID: RawStatement
    private let byKey: RawStatement
    private let cost: QueryCost

    /// The state to read; `nil` for the present one.
    private let past: PastState?

    init(_ connection: Database, _ cost: QueryCost, in past: PastState? = nil) throws {
      self.past = past
      byRowID = try RawStatement(connection, Self.rowIDSQL)
      byKey = try RawStatement(connection, "SELECT updated, age, data FROM entity WHERE key = ?")
      self.cost = cost
    }

    /// - Parameter rowID: A hint: the entity's rowid, if it is right; 0 for none.
    /// - Returns: `nil` if the entity was written after the state.
    func read(_ bytes: [UInt8], rowID: Int64) throws -> Entity? {
      let key = try key(bytes)
      return try bytes.withUnsafeBytes { bytes in
        try find(bytes, rowID) { row in
          cost.counts.entities += 1
          if let past, row.number(0) > past.time { return nil }
          do throws(CorruptBlob) {
            return Entity(
              key, try EntityCodec.decode(row.blob(2), of: bytes), EntityTimes(row, 0))
          } catch {
            throw StoreFailure.corrupt(key, error)
          }
        }
      }
    }

    /// Finds an entity's row by its rowid, or by its key if the rowid is wrong.
    private func find<Found>(
      _ key: UnsafeRawBufferPointer, _ rowID: Int64,
      _ read: (RawStatement) throws -> Found
    ) throws -> Found {
      if rowID != 0 {
        defer { byRowID.reset() }
        try byRowID.bind(key, at: 1)
        try byRowID.bind(rowID, at: 2)
        if try byRowID.step() { return try read(byRowID) }
      }
      defer { byKey.reset() }
      try byKey.bind(key, at: 1)
      guard try byKey.step() else {
        let key = try self.key([UInt8](key))
        throw StoreFailure.corruptIndex(CorruptBlob("it names \(key), which is not there"))
      }
      cost.counts.keySearches += 1
      return try read(byKey)
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

    /// Appends the values of one property that an entity has in the index. Nothing else is decoded.
    ///
    /// - Parameters:
    ///   - property: The bytes of the property's name.
    ///   - data: The entity's bytes; `nil` searches them by key.
    func appendValues(
      of property: [UInt8], _ key: UnsafeRawBufferPointer, data: UnsafeRawBufferPointer?,
      to values: inout [[UInt8]]
    ) throws {
      guard let data else {
        return try find(key, 0) {
          try appendValues(of: property, key, data: $0.blob(2), to: &values)
        }
      }
      cost.counts.partialDecodes += 1
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
