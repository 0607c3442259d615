// SPDX-License-Identifier: Apache-2.0
internal import DatastoreModel

/// A number that identifies a query in every process: FNV-1a over everything that determines the
/// results and their order.
enum QueryFingerprint {
  static func of(_ request: QueryRequest) -> UInt64 {
    var writer = BlobWriter()
    writer.append(counted: request.namespace)
    writer.append(byte: request.kind == nil ? 0 : 1)
    writer.append(counted: request.kind ?? "")
    writer.append(varint: UInt64(request.orders.count))
    for order in request.orders {
      writer.append(counted: order.property)
      writer.append(byte: order.direction == .descending ? 1 : 0)
    }
    // A query of keys has the positions of the query of whole entities.
    let projection = request.projection.filter { $0 != QueryRequest.keyProperty }
    for names in [projection, request.distinctOn] {
      writer.append(varint: UInt64(names.count))
      for name in names { writer.append(counted: name) }
    }
    if let filter = request.filter { append(filter, to: &writer) }
    return hash(writer.bytes)
  }

  static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
    bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
  }

  private static func append(_ filter: QueryFilter, to writer: inout BlobWriter) {
    switch filter {
    case .property(let name, let comparison, let value):
      writer.append(byte: 1)
      writer.append(counted: name)
      writer.append(counted: comparison.rawValue)
      let values = value.arrayValue ?? [value]
      writer.append(varint: UInt64(values.count))
      for value in values { IndexCodec.encode(value, into: &writer) }
    case .ancestor(let key):
      writer.append(byte: 2)
      IndexCodec.encode(.key(key), into: &writer)
    case .and(let parts), .or(let parts):
      if case .and = filter { writer.append(byte: 3) } else { writer.append(byte: 4) }
      writer.append(varint: UInt64(parts.count))
      for part in parts { append(part, to: &writer) }
    }
  }
}
