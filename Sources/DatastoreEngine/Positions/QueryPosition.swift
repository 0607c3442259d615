// SPDX-License-Identifier: Apache-2.0
public import DatastoreModel

/// The position of a result: its values of the orders and its key, as bytes that sort as results
/// do.
///
/// The bytes of a descending order are inverted. A cursor is a position after a version, the
/// fingerprint of the query and a checksum. So a cursor of another query is refused, and so are
/// other bytes.
///
/// Unstable: this type may change in any minor release; the bytes it reads stay readable.
public enum QueryPosition {
  private static let version: UInt8 = 1
  private static let headSize = 1 + 8 + 8

  /// The last byte of a position that does not end with a key. The bytes of a text may be a prefix
  /// of another text's, and when inverted, the shorter one must still come last.
  static let end: UInt8 = 1

  package static func append(
    _ value: [UInt8], isDescending: Bool, to position: inout [UInt8]
  ) {
    if isDescending { position.append(contentsOf: value.map { ~$0 }) } else { position += value }
  }

  /// The values of these orders, which are the first of a position, not inverted.
  ///
  /// - Throws: ``CorruptBlob`` for bytes that are not a position of these orders.
  package static func components(
    _ position: [UInt8], _ orders: ArraySlice<NormalizedQuery.Order>
  ) throws(CorruptBlob) -> [[UInt8]] {
    var components: [[UInt8]] = []
    var start = 0
    for order in orders {
      let rest = position[start...].map { order.isDescending ? ~$0 : $0 }
      let length = rest.withUnsafeBytes { bytes in
        Result { () throws(CorruptBlob) in try IndexCodec.length(of: bytes, from: 0) }
      }
      components.append(Array(rest.prefix(try length.get())))
      start += components[components.count - 1].count
    }
    return components
  }

  /// The cursor of a position. The empty position is before all results.
  public static func cursor(_ position: [UInt8], of query: NormalizedQuery) -> QueryCursor {
    var writer = BlobWriter(capacity: headSize + position.count)
    writer.append(byte: version)
    writer.append(bigEndian: query.fingerprint)
    writer.append(bigEndian: QueryFingerprint.hash(position))
    position.withUnsafeBytes { writer.append($0) }
    return QueryCursor(bytes: writer.bytes)
  }

  /// The position of a cursor.
  ///
  /// - Throws: `DatastoreError` with `invalidArgument` for bytes that are not a cursor of this
  ///   query.
  public static func position(
    _ cursor: QueryCursor, of query: NormalizedQuery
  ) throws(DatastoreError) -> [UInt8] {
    let bytes = cursor.bytes
    func number(at offset: Int) -> UInt64 {
      bytes[offset..<offset + 8].reduce(0) { $0 << 8 | UInt64($1) }
    }
    guard bytes.count >= headSize, bytes[0] == version,
      number(at: 9) == QueryFingerprint.hash(bytes[headSize...])
    else {
      throw QueryRules.refusal(
        "The cursor is damaged, or from another kind of datastore. Begin without a cursor.")
    }
    guard number(at: 1) == query.fingerprint else {
      throw QueryRules.refusal(
        """
        The cursor belongs to another query. Use it with the same kind, namespace, filters, orders \
        and selection, or begin without a cursor.
        """)
    }
    let position = Array(bytes[headSize...])
    do {
      // A checksum can be right by chance or by intent.
      if !position.isEmpty { _ = try components(position, query.orders[...]) }
    } catch {
      throw QueryRules.refusal(
        "The cursor cannot be read: \(error.reason). Begin without a cursor.")
    }
    return position
  }
}
