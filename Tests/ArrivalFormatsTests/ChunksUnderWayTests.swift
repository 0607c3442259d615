// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import ArrivalFormats
internal import Testing

@Suite struct ChunksUnderWayTests {
  /// `@unchecked`: only one thread uses it.
  private final class Settled: @unchecked Sendable { var values: [Int] = [] }

  @Test func `Values are handled in order, the oldest when the limit is exceeded`() throws {
    let settled = Settled()
    var underWay = ChunksUnderWay<Int>(limit: 2) { settled.values.append($0) }
    for number in 1...3 { try underWay.add(Future(value: number)) }
    #expect(settled.values == [1])
    try underWay.finish()
    #expect(settled.values == [1, 2, 3])
  }

  @Test func `An error is thrown after all chunks have ended, and no later value is handled`() {
    struct Failure: Error {}
    let settled = Settled()
    var underWay = ChunksUnderWay<Int>(limit: 2) { settled.values.append($0) }
    let late = Promise<Int>()
    let other = Future("completes the late one") {
      late.succeed(2)
      return 3
    }
    #expect(throws: Failure.self) {
      try underWay.add(Future(error: Failure()))
      try underWay.add(late.future)
      try underWay.add(other)
    }
    #expect(late.future.done() && other.done() && settled.values == [])
    #expect(throws: Never.self) { try underWay.finish() }
  }
}
