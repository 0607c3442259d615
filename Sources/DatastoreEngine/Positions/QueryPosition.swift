public import DatastoreModel

/// The place of a result: its values of the orders and its key, as bytes that sort as results do.
///
/// The bytes of a descending order are turned over. A cursor is such a place with a version before
/// it, and the fingerprint of the query and a checksum, so that one of another query, or none at
/// all, is refused.
///
/// Unstable: this type may change in any minor release; the bytes it reads stay readable.
public enum QueryPosition {
  private static let version: UInt8 = 1
  private static let headSize = 1 + 8 + 8

  /// What a position ends with that does not end with a key: a text's bytes may be the beginning of
  /// another's, and turned over the shorter one has to come last all the same.
  static let end: UInt8 = 1

  public static func append(
    _ value: [UInt8], isDescending: Bool, to position: inout [UInt8]
  ) {
    if isDescending { position.append(contentsOf: value.map { ~$0 }) } else { position += value }
  }

  /// The values at the first places of a position, turned back.
  ///
  /// - Throws: ``CorruptBlob`` for what is no position of these orders.
  public static func components(
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

  /// The cursor of a place; an empty one is before all results.
  public static func cursor(_ position: [UInt8], of query: NormalizedQuery) -> QueryCursor {
    var writer = BlobWriter(capacity: headSize + position.count)
    writer.append(byte: version)
    writer.append(bigEndian: query.fingerprint)
    writer.append(bigEndian: QueryFingerprint.hash(position))
    position.withUnsafeBytes { writer.append($0) }
    return QueryCursor(bytes: writer.bytes)
  }

  /// The place of a cursor.
  ///
  /// - Throws: `DatastoreError` with `invalidArgument` for bytes that are no cursor of this
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
        "The cursor is none of this datastore's: it is damaged. Begin without a cursor.")
    }
    guard number(at: 1) == query.fingerprint else {
      throw QueryRules.refusal(
        """
        The cursor is another query's. Use it with the same kind, namespace, filters, orders and \
        selection, or begin without a cursor.
        """)
    }
    let position = Array(bytes[headSize...])
    do {
      // Chance or malice could make a checksum fit.
      if !position.isEmpty { _ = try components(position, query.orders[...]) }
    } catch {
      throw QueryRules.refusal(
        "The cursor is none of this datastore's: \(error.reason). Begin without a cursor.")
    }
    return position
  }
}
