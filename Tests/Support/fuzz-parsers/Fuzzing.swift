// SPDX-License-Identifier: Apache-2.0
import ArrivalDatastore
import ArrivalFormats
import DatastoreEngine

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

// Only Scripts/check-fuzz builds this, with libFuzzer, which has the main function. A trap is a
// failure. So is an input that was read, if it is not read again from its written form.

/// The parser that gets the bytes, from the variable `FUZZ_PARSER`.
private enum Parser: String, CaseIterable {
  case gql, key, cursor, entity, table, json
}

private let parser: Parser = {
  guard let name = getenv("FUZZ_PARSER").map({ String(cString: $0) }),
    let parser = Parser(rawValue: name)
  else { fatalError("set FUZZ_PARSER to one of \(Parser.allCases.map(\.rawValue))") }
  return parser
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = UnsafeRawBufferPointer(start: start, count: count)
  switch parser {
  case .gql: readGQL(String(decoding: bytes, as: UTF8.self))
  case .key: readKey(String(decoding: bytes, as: UTF8.self))
  case .cursor: readCursor(bytes)
  case .entity: readEntity(bytes)
  case .table: readTable(bytes)
  case .json: readJSON(bytes)
  }
  return 0
}

/// Prints its message, unlike an optimised `precondition`.
private func expect(_ condition: Bool, _ message: String) {
  if !condition { fatalError(message) }
}

private func readGQL(_ text: String) {
  do {
    let query = try GQLQuery(
      text, bindings: [], named: ["c": .cursor(QueryCursor(bytes: [1])), "n": 3])
    try query.request.check()
  } catch {
    // The message shows the place, which must be inside the text.
    _ = "\(error)"
  }
}

private func readKey(_ text: String) {
  do {
    let key = try Key(text: text)
    expect((try? Key(text: key.text)) == key, "the key is not read back from its text")
    var writer = BlobWriter()
    KeyCodec.encode(key, into: &writer)
    let again = writer.bytes.withUnsafeBytes { try? KeyCodec.decode($0) }
    expect(again == key, "the key is not read back from its bytes")
  } catch {
    _ = "\(error)"
  }
}

private let query: NormalizedQuery = {
  var request = QueryRequest(kind: "K")
  request.orders = [QueryOrder("a"), QueryOrder("b", .descending)]
  do { return try NormalizedQuery(request) } catch { fatalError("\(error)") }
}()

private func readCursor(_ bytes: UnsafeRawBufferPointer) {
  if let cursor = QueryCursor(text: String(decoding: bytes, as: UTF8.self)) {
    expect(cursor.text == String(decoding: bytes, as: UTF8.self), "the cursor's text changes")
    _ = try? QueryPosition.position(cursor, of: query)
  }
  let place = Array(bytes)
  _ = try? QueryPosition.position(QueryCursor(bytes: place), of: query)
  // Random bytes have no valid checksum. An attacker can compute one.
  let forged = QueryPosition.cursor(place, of: query)
  expect(QueryCursor(text: forged.text) == forged, "the cursor is not read back")
  _ = try? QueryPosition.position(forged, of: query)
  _ = try? KeyCodec.plain(fromTerminated: place)
}

private func readEntity(_ bytes: UnsafeRawBufferPointer) {
  if let key = try? KeyCodec.decode(bytes), hasText(key) {
    expect((try? Key(text: key.text)) == key, "the key is not read back from its text")
  }
  _ = try? EntityCodec.decode(bytes, of: bytes)
  // Without the checksum, which random bytes do not have.
  guard let properties = try? EntityCodec.decode(bytes) else { return }
  let entity = Entity(nil, properties)
  var writer = BlobWriter()
  do { try EntityCodec.encode(entity, into: &writer) } catch { fatalError("too deep to write") }
  let again = writer.bytes.withUnsafeBytes { try? EntityCodec.decode($0) }
  expect(
    again.map { isSame(Entity(nil, $0), entity) } ?? false,
    "the entity is not read back from its bytes")
  for property in properties.values {
    let index = IndexCodec.encode(property.value)
    let length = index.withUnsafeBytes { try? IndexCodec.length(of: $0, from: 0) }
    expect(index.isEmpty || length == index.count, "the index entry has another length")
  }
}

/// Bytes can contain keys that have no text and that no datastore accepts: an empty kind or name,
/// the ID 0.
private func hasText(_ key: Key) -> Bool {
  key.path.allSatisfy {
    !$0.kind.isEmpty && $0.identifier != .id(0) && $0.identifier != .name("")
  }
}

/// Compares as JSON, which loses nothing, and in which not-a-number equals itself.
private func isSame(_ a: Entity, _ b: Entity) -> Bool {
  Array(EntityJSON.node(of: a).text.utf8) == Array(EntityJSON.node(of: b).text.utf8)
}

private func readTable(_ bytes: UnsafeRawBufferPointer) {
  guard let first = bytes.first else { return }
  // Reads the same table whole and in chunks. The first byte gives their size and the options.
  let table = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
  var configuration = TableParser.Configuration.default
  if first & 0x40 != 0 { configuration.maxRowLength = 40 }
  if first & 0x80 != 0 { configuration.quoting = .withinLine }
  let whole = events(of: table, configuration, inChunksOf: max(table.count, 1))
  let chunked = events(of: table, configuration, inChunksOf: 1 + Int(first & 0x3F))
  expect(whole == chunked, "the cuts between chunks change what is read")
}

private func events(
  of table: UnsafeRawBufferPointer, _ configuration: TableParser.Configuration,
  inChunksOf size: Int
) -> [Result<TableEvent, TableError>] {
  var parser = TableParser(configuration)
  var events: [Result<TableEvent, TableError>] = []
  func take() {
    do throws(TableError) {
      while let event = try parser.next() { events.append(.success(event)) }
    } catch {
      events.append(.failure(error))
    }
  }
  for start in stride(from: 0, to: table.count, by: size) {
    parser.append(UnsafeRawBufferPointer(rebasing: table[start..<min(start + size, table.count)]))
    take()
  }
  parser.finish()
  take()
  return events
}

private func readJSON(_ bytes: UnsafeRawBufferPointer) {
  do {
    let node = try JSONReader.read([UInt8](bytes))
    expect((try? JSONReader.read(Array(node.text.utf8))) == node, "the JSON is not read back")
    let entity = try EntityJSON.entity(of: node)
    let again = try? EntityJSON.entity(of: EntityJSON.node(of: entity))
    expect(again.map { isSame($0, entity) } ?? false, "the entity is not read back from its JSON")
  } catch {
    _ = "\(error)"
  }
}
