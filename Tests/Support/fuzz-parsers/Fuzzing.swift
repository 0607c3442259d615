import ArrivalFormats
import Datastore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

// Built by Scripts/check-fuzz alone, with libFuzzer, which has the main function. A trap is the failure; what
// is read has to be read again from what is written of it.

/// Which parser gets the bytes; `FUZZ_TARGET` says it.
private enum Target: String, CaseIterable {
  case gql, key, cursor, blob, table, json
}

private let target: Target = {
  guard let name = getenv("FUZZ_TARGET").map({ String(cString: $0) }),
    let target = Target(rawValue: name)
  else { fatalError("set FUZZ_TARGET to one of \(Target.allCases.map(\.rawValue))") }
  return target
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  run(target, UnsafeRawBufferPointer(start: start, count: count))
  return 0
}

private func run(_ target: Target, _ bytes: UnsafeRawBufferPointer) {
  let text = String(decoding: bytes, as: UTF8.self)
  switch target {
  case .gql:
    let query = try? GQLQuery(
      text, bindings: [], named: ["c": .cursor(QueryCursor(bytes: [1])), "n": 3])
    _ = try? query?.request.check()
  case .key:
    guard let key = try? Key(text: text) else { return }
    precondition((try? Key(text: key.text)) == key, "a key is not read back")
  case .cursor:
    guard let cursor = QueryCursor(text: text) else { return }
    precondition(cursor.text == text, "a cursor is not read back")
    var request = QueryRequest(kind: "K")
    request.orders = [QueryOrder("a"), QueryOrder("b", .descending)]
    if let query = try? NormalizedQuery(request) {
      _ = try? QueryPosition.position(cursor, of: query)
      _ = try? QueryPosition.components(cursor.bytes, query.orders[...])
    }
  case .blob:
    _ = try? KeyCodec.decode(bytes)
    guard let properties = try? EntityCodec.decode(bytes) else { return }
    var writer = BlobWriter()
    try? EntityCodec.encode(Entity(nil, properties), into: &writer)
    let again = writer.bytes.withUnsafeBytes { try? EntityCodec.decode($0) }
    precondition(again?.count == properties.count, "an entity is not read back")
  case .table:
    guard let cut = bytes.first.map({ 1 + Int($0 & 0x3F) }) else { return }
    var parser = TableParser()
    var rest = bytes.dropFirst()
    while !rest.isEmpty {
      parser.append(UnsafeRawBufferPointer(rebasing: rest.prefix(cut)))
      rest = rest.dropFirst(cut)
      while let event = try? parser.next() { _ = event }
    }
    parser.finish()
    while let event = try? parser.next() { _ = event }
  case .json:
    guard let node = try? JSONReader.read([UInt8](bytes)) else { return }
    precondition((try? JSONReader.read(Array(node.text.utf8))) == node, "JSON is not read back")
    guard let entity = try? EntityJSON.entity(of: node) else { return }
    let again = try? EntityJSON.entity(of: EntityJSON.node(of: entity))
    precondition(again?.properties.count == entity.properties.count, "an entity is not read back")
  }
}
