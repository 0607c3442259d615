// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalDatastore
import Hummingbird

struct UploadResult: ResponseCodable {
  var stored: Int
}

/// Stores a table of accounts, of any size: `POST /accounts/upload` with lines of `owner,balance`.
func addUploadRoute(to router: Router<BasicRequestContext>, _ datastore: Datastore) {
  router.post("accounts/upload") { request, _ in
    var lines = Lines()
    var stored = 0
    var puts: [Future<Key>] = []
    func store(_ line: String) async throws {
      guard let account = Account(line: line) else {
        throw HTTPError(.badRequest, message: "line \(stored + 1) is not owner,balance: \(line)")
      }
      // One future for each account, and a commit for hundreds of them.
      puts.append(datastore.put(account))
      stored += 1
      if puts.count == 1000 { try await wait() }
    }
    // Waits now and then, so that a table of any size needs little memory.
    func wait() async throws {
      _ = try await Future.all(puts).value
      puts.removeAll(keepingCapacity: true)
    }
    for try await buffer in request.body {
      for line in lines.add(buffer.readableBytesView) { try await store(line) }
    }
    if let line = lines.last { try await store(line) }
    try await wait()
    return UploadResult(stored: stored)
  }
}

extension Account {
  init?(line: String) {
    guard let comma = line.lastIndex(of: ","), comma > line.startIndex,
      let balance = Int(line[line.index(after: comma)...].filter { $0 != " " }), balance >= 0
    else { return nil }
    self.init(owner: String(line[..<comma]), balance: balance)
  }
}

/// Cuts bytes that arrive in pieces into lines.
struct Lines {
  private var rest: [UInt8] = []

  mutating func add(_ bytes: some Sequence<UInt8>) -> [String] {
    var lines: [String] = []
    for byte in bytes {
      guard byte == UInt8(ascii: "\n") else {
        rest.append(byte)
        continue
      }
      if let line = last { lines.append(line) }
      rest.removeAll(keepingCapacity: true)
    }
    return lines
  }

  /// What follows the last line break; `nil` if that is nothing.
  var last: String? {
    let line = String(decoding: rest, as: UTF8.self).trimmingPrefix("\u{FEFF}")
    let text = line.hasSuffix("\r") ? String(line.dropLast()) : String(line)
    return text.isEmpty ? nil : text
  }
}
