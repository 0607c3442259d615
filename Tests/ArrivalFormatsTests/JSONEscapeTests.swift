// SPDX-License-Identifier: Apache-2.0
internal import Testing

@testable internal import ArrivalFormats

@Suite struct JSONEscapeTests {
  @Test(arguments: [
    (#""\ud800\ud800""#, 14), (#""\udbff\udbff""#, 14), (#""\udc00\ud800""#, 8),
    (#""\ud800\u0041""#, 14), (#""\ud800x""#, 8),
  ])
  func `The error for half of a surrogate pair has the column behind its escape`(
    _ text: String, _ column: Int
  ) throws {
    let problem = try #require(throws: JSONProblem.self) { try JSONReader.read(Array(text.utf8)) }
    #expect(problem.column == column, "\(problem)")
  }

  @Test func `The first and the last surrogate pair give the limits of the scalars beyond 16 bits`()
    throws
  {
    let text = #""\ud800\udc00\udbff\udfff""#
    #expect(try JSONReader.read(Array(text.utf8)) == .string("\u{10000}\u{10FFFF}"))
  }
}
