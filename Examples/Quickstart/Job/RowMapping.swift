// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArrivalFormats
  internal import ArrivalDatastore

  /// Converts a row into an entity.
  struct RowMapping: Sendable {
    /// The kind of the entities.
    let kind: String
    /// The names of the columns, which are also the names of the properties.
    var columns: [String]

    /// The key of the row on a line. The line is the ID, so storing a table again replaces its
    /// rows.
    func key(line: Int) -> Key { Key(kind, id: Int64(line)) }

    /// The entity of a row, with a string property for each column.
    ///
    /// No property is indexed: rows are read only by key, and an index entry for each value of each
    /// row would make storing several times slower.
    func entity(of row: TableRow) -> Entity {
      var properties: Entity.Properties = [:]
      properties.reserveCapacity(columns.count)
      for (column, field) in zip(columns, row.fields) {
        properties[column] = .unindexed(.string(field))
      }
      return Entity(key(line: row.line), properties)
    }

    /// A checksum of the names and strings. It does not depend on the order of the properties.
    func checksum(of entity: Entity) -> UInt64 {
      entity.properties.reduce(0) { sum, property in
        var hash = FNV1a()
        hash.combine(property.key)
        if case .string(let text) = property.value.value { hash.combine(text) }
        return sum &+ hash.value
      }
    }
  }

  /// The 64-bit hash FNV-1a (Fowler, Noll, Vo; RFC 9923). Unlike `Hasher`, it is the same in every
  /// run.
  private struct FNV1a {
    private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    mutating func combine(_ text: String) {
      for byte in text.utf8 { add(byte) }
      // A mark ends the text, so that ("ab", "c") and ("a", "bc") differ.
      add(0xff)
    }

    private mutating func add(_ byte: UInt8) {
      value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
    }
  }
#endif
