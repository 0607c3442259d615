// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Arrival

/// Names and durations in messages.
@Suite struct TextTests {
  @Test(arguments: [
    (Duration.milliseconds(5), "5 ms"), (.milliseconds(1_500), "1.5 s"), (.seconds(90), "90 s"),
    (.microseconds(100), "100 µs"), (.microseconds(1_050), "1.05 ms"), (.nanoseconds(7), "7 ns"),
    (.zero, "0 ns"), (.seconds(-1), "0 ns"), (.nanoseconds(1_000_000_001), "1 s"),
  ])
  func `A duration has the largest unit in which it is at least 1`(
    duration: Duration, text: String
  ) {
    #expect(durationText(duration) == text)
  }

  @Test func `A count has its thousands apart, and its noun in the right number`() {
    #expect(
      [0, 999, 1_000, 12_345_678, -1_000].map(grouped) == [
        "0", "999", "1,000", "12,345,678", "-1,000",
      ])
    #expect(counted(1, "key") == "1 key")
    #expect(counted(0, "key") == "0 keys")
    #expect(counted(2_000, "batch", "batches") == "2,000 batches")
  }

  @Test func `A name that is empty is left out`() {
    #expect(nameText("a") == " \"a\"")
    #expect(nameText("") == "")
    #expect(nameText(nil) == "")
    #expect(!Promise<Int>("").future.description.contains("\"\""))
  }

  @Test func `A time limit is reported in its unit`() {
    let promise = Promise<Int>()
    #expect(throws: TimeoutError.self) { try promise.future.getResult(within: .milliseconds(5)) }
    let error = TimeoutError(limit: .milliseconds(5), waitingFor: promise.future)
    #expect(error.description.hasSuffix("was not done within 5 ms"))
    promise.succeed(1)
  }
}
