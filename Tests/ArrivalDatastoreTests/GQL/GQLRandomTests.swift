// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import ArrivalDatastore

/// Texts by chance: each is read or refused, and what was written from a query is read as that
/// query.
struct GQLRandomTests {
  private static let pieces = [
    "SELECT", "*", "FROM", "WHERE", "AND", "OR", "NOT", "IN", "HAS", "ANCESTOR", "DESCENDANT", "IS",
    "NULL", "CONTAINS", "ORDER", "BY", "ASC", "DESC", "LIMIT", "OFFSET", "FIRST", "DISTINCT", "ON",
    "AGGREGATE", "COUNT", "COUNT_UP_TO", "SUM", "AVG", "AS", "OVER", "KEY", "ARRAY", "BLOB",
    "DATETIME", "PROJECT", "NAMESPACE", "(", ")", ",", ".", "+", "=", "!=", "<", "<=", ">", ">=",
    "a",
    "K", "__key__", "`x y`", "'s'", "\"t\"", "1", "-1", "2.5", "1e9", "@1", "@2", "@c", "@n", "'",
    "`",
    "\\", "@", "\n", "\0", "é", "🙂", "99999999999999999999", "'AQID'", "'2026-11-25T04:00:00Z'",
  ]

  @Test func `Random tokens are parsed or refused with a position`() {
    var generator = GQLRandom(seed: 11)
    var read = 0
    for _ in 0..<15_000 {
      // Most begin well, or nearly all would end at their first word.
      var text = generator.chance(4) ? "" : generator.one(["SELECT * FROM K WHERE ", "SELECT * "])
      for _ in 0..<generator.number(0...14) { text += generator.one(Self.pieces) + " " }
      do throws(TextError) {
        _ = try GQLQuery(
          text, bindings: generator.chance(2) ? [] : [1, .cursor(QueryCursor(bytes: [1]))],
          named: ["c": .cursor(QueryCursor(bytes: [2])), "n": 3])
        read += 1
      } catch {
        let lines = text.unicodeScalars.split(
          separator: "\n" as Unicode.Scalar, omittingEmptySubsequences: false)
        #expect(1...lines.count ~= error.line)
        #expect(1...lines[error.line - 1].count + 1 ~= error.column)
      }
    }
    // The streams are not all nonsense.
    #expect(read > 25)
  }

  @Test func `Random bytes are parsed or refused`() {
    var generator = GQLRandom(seed: 12)
    for _ in 0..<5_000 {
      let bytes = (0..<generator.number(0...40)).map { _ in UInt8(generator.number(0...255)) }
      _ = try? GQLQuery(String(decoding: bytes, as: UTF8.self))
    }
  }

  @Test func `A query survives printing as GQL and parsing`() throws {
    var generator = GQLRandom(seed: 13)
    for _ in 0..<5_000 {
      let request = generator.request()
      var writer = GQLWriter()
      let text = writer.text(of: request)
      let query = try GQLQuery(text, bindings: writer.bindings, namespace: request.namespace)
      #expect(query.request == request, "\(text)")
    }
  }
}
