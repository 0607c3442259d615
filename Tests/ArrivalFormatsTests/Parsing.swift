// SPDX-License-Identifier: Apache-2.0
@testable internal import ArrivalFormats

/// The events of a table, and the error that ended them.
struct Parsed: Hashable {
  var events: [TableEvent] = []
  var error: TableError?

  var header: TableHeader? {
    for case .header(let header) in events { return header }
    return nil
  }

  var rows: [TableRow] {
    events.compactMap { if case .row(let row) = $0 { row } else { nil } }
  }

  var fields: [[String]] { rows.map(\.fields) }

  var malformed: [MalformedRow] {
    events.compactMap { if case .malformed(let row) = $0 { row } else { nil } }
  }
}

/// Parses `bytes`, divided into chunks of the sizes from `nextChunkSize`; by default one chunk.
func parse(
  _ bytes: some Collection<UInt8>, _ configuration: TableParser.Configuration = .default,
  nextChunkSize: () -> Int = { .max }
) -> Parsed {
  var parser = TableParser(configuration)
  var parsed = Parsed()
  var rest = Array(bytes)[...]
  do throws(TableError) {
    while true {
      if let event = try parser.next() {
        parsed.events.append(event)
      } else if rest.isEmpty {
        break
      } else {
        let chunk = rest.prefix(nextChunkSize())
        rest = rest.dropFirst(chunk.count)
        chunk.withUnsafeBytes { parser.append($0) }
      }
    }
    parser.finish()
    while let event = try parser.next() { parsed.events.append(event) }
  } catch {
    parsed.error = error
  }
  return parsed
}

func parse(_ text: String, _ configuration: TableParser.Configuration = .default) -> Parsed {
  parse(text.utf8, configuration)
}
