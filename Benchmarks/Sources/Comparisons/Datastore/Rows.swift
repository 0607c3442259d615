// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// A row of the table that all contenders write: five short strings. The first is its name.
struct BenchmarkRow: Sendable {
  let name: String
  let fields: [String]

  static let columns = ["code", "city", "region", "comment", "source"]
  static let count = 100_000

  static let all: [BenchmarkRow] = (0..<count).map { i in
    BenchmarkRow(
      name: "row-\(i)",
      fields: [
        "c\(i % 977)", "City \(i)", "Region \(i % 53)", "comment \(i &* 31)", "source \(i % 7)",
      ])
  }
}

/// A folder for one database file. It is removed when the object is dropped.
final class ScratchFolder: Sendable {
  private let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "arrival-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  var database: String { url.appending(path: "rows.db").path(percentEncoded: false) }
}
