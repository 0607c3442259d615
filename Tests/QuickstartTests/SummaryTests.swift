// SPDX-License-Identifier: Apache-2.0
internal import Testing

@testable internal import ArrivalFormats
@testable internal import quickstart

@Suite struct FormattingTests {
  @Test(arguments: [
    (0, "0"), (999, "999"), (1_000, "1,000"), (1_000_000, "1,000,000"), (-1_234, "-1,234"),
    (-123, "-123"), (.min, "-9,223,372,036,854,775,808"),
  ])
  func `Numbers in reports are grouped by three digits`(number: Int, text: String) {
    #expect(grouped(number) == text)
  }

  @Test func `Numbers in reports go with a singular or a plural`() {
    #expect(counted(0, "row") == "0 rows")
    #expect(counted(1, "row") == "1 row")
    #expect(counted(2_000, "row") == "2,000 rows")
  }

  @Test(
    arguments: [
      (.zero, "0 µs"), (.microseconds(7), "7 µs"), (.microseconds(999), "999 µs"),
      (.nanoseconds(999_600), "1.00 ms"), (.microseconds(1_234), "1.23 ms"),
      (.microseconds(9_996), "10.0 ms"), (.milliseconds(100), "100 ms"),
      (.microseconds(999_600), "1.00 s"), (.milliseconds(1_006), "1.01 s"),
      (.milliseconds(12_340), "12.3 s"), (.milliseconds(59_900), "59.9 s"),
      (.milliseconds(59_960), "1 min 0 s"), (.seconds(125), "2 min 5 s"),
      (.seconds(60_000), "1,000 min 0 s"),
    ] as [(Duration, String)])
  func `Numbers in reports give durations three digits and a unit`(duration: Duration, text: String)
  {
    #expect(formatted(duration) == text)
  }

  @Test func `Numbers in reports give no rate when there was no time`() {
    #expect(rate(10, in: .zero) == nil)
    #expect(rate(1_000, in: .milliseconds(500)) == 2_000)
  }

  @Test func `Numbers in reports list batch sizes, the largest first`() {
    #expect(compressed(sizes: [:]) == "")
    #expect(compressed(sizes: [12: 1]) == "12 (once)")
    #expect(compressed(sizes: [12: 1, 500: 1_999]) == "500 (1,999 times), 12 (once)")
  }

  @Test func `Numbers in reports list the most frequent batch sizes and sum up the others`() {
    let some = [500: 3, 12: 2, 7: 1]
    #expect(
      compressed(sizes: some.merging([1: 1, 3: 1, 6: 1]) { $1 }, atMost: 2)
        == "500 (3 times), 12 (2 times) and 4 other sizes from 1 to 7")
    #expect(
      compressed(sizes: some, atMost: 2)
        == "500 (3 times), 12 (2 times) and 1 other size, 7")
  }
}

@Suite struct SummaryTests {
  let summary = Summary(
    source: "people.csv", rowsStored: 1_000_000, rowsReadBack: 1_000_000, problemRows: 3,
    futures: 3_000_000,
    calls: [
      .init(kind: "commits", sizes: [500: 2_000]),
      .init(kind: "lookups", sizes: [1_000: 999, 999: 1, 1: 1]),
    ],
    storing: .milliseconds(8_000), readingBack: .milliseconds(4_000), firstArrival: "put row 2")

  @Test func `A summary shows futures, calls, times and problems`() {
    #expect(
      summary.lines == [
        "people.csv: 3,000,000 futures served by 3,001 RPCs",
        "",
        "  rows stored         1,000,000  in 8.00 s, 125,000 a second",
        "  rows read back      1,000,000  in 4.00 s, 250,000 a second",
        "  rows with problems          3  reported above",
        "  futures             3,000,000  a put, a get and a tasklet for each row",
        "  RPCs                    3,001  999 futures to one RPC",
        "    commits               2,000  keys in each: 500 (2,000 times)",
        "    lookups               1,001  keys in each: 1,000 (999 times), 999 (once), 1 (once)",
        "",
        "the first to arrive, by waitAny: put row 2",
        "time: 12.0 s",
      ])
  }

  @Test func `A summary omits what did not occur`() {
    let summary = Summary(
      source: "empty.csv", rowsStored: 0, rowsReadBack: 0, problemRows: 0, futures: 0,
      calls: [.init(kind: "commits", sizes: [:])], storing: .zero, readingBack: .zero,
      firstArrival: nil)
    #expect(
      summary.lines == [
        "empty.csv: 0 futures served by 0 RPCs",
        "",
        "  rows stored     0  in 0 µs",
        "  rows read back  0  in 0 µs",
        "  futures         0  a put, a get and a tasklet for each row",
        "  RPCs            0",
        "    commits       0",
        "",
        "time: 0 µs",
      ])
  }
}
