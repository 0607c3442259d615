// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import GRDB

  /// Asks the index whether entities have a value, without reading the entities.
  struct IndexProbe {
    private let statement: RawStatement
    private let propertyID: Int64
    private let value: [UInt8]
    private let cost: QueryCost

    init(
      _ connection: Database, _ propertyID: Int64, _ value: [UInt8], _ cost: QueryCost
    ) throws {
      // All probes share the connection's one statement. Each uses it only during a call.
      statement = try RawStatement(
        connection, "SELECT 1 FROM entry WHERE property = ?1 AND position = ?2")
      self.propertyID = propertyID
      self.value = value
      self.cost = cost
    }

    func matches(_ key: UnsafeRawBufferPointer) throws -> Bool {
      cost.counts.probes += 1
      defer { statement.reset() }
      return try withUnsafeTemporaryAllocation(
        byteCount: value.count + key.count, alignment: 1
      ) { position in
        position.copyBytes(from: value)
        UnsafeMutableRawBufferPointer(rebasing: position[value.count...]).copyMemory(from: key)
        try statement.bind(propertyID, at: 1)
        try statement.bind(UnsafeRawBufferPointer(position), at: 2)
        return try statement.step()
      }
    }
  }
#endif
