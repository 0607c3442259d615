// SPDX-License-Identifier: Apache-2.0
import Arrival
import Testing

/// Invalid arguments trap with a message that says what is valid.
@Suite struct BatcherTrapTests {
  private func expect(_ result: ExitTest.Result?, says sentence: String) {
    let text = result.map { String(decoding: $0.standardErrorContent, as: UTF8.self) } ?? ""
    #expect(text.contains(sentence))
  }

  @Test func `A maximum size of zero traps`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = BatcherConfiguration(maxBatchSize: 0)
    }
    expect(result, says: "maxBatchSize is a number of keys, at least 1")
  }

  @Test func `A queue limit of zero traps`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = BatcherConfiguration(maxQueued: 0)
    }
    expect(result, says: "maxQueued is a number of loads, at least 1; nil means no limit")
  }

  @Test func `A negative maximum weight traps`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = BatcherConfiguration(maxBatchWeight: -1)
    }
    expect(result, says: "maxBatchWeight is a weight")
  }

  @Test func `A limit of zero calls per lane traps`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = BatcherConfiguration(maxConcurrentBatchesPerLane: 0)
    }
    expect(result, says: "maxConcurrentBatchesPerLane is a number of calls, at least 1")
  }

  @Test func `A negative delay traps`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = BatcherConfiguration(maxDelay: .seconds(-1))
    }
    expect(result, says: "maxDelay is a time, zero or more")
  }

  @Test func `An invalid change of a configuration traps when it is used`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      var changed = BatcherConfiguration()
      changed.maxBatchSize = 0
      _ = Batcher<Int, Int>(configuration: changed) { (keys: [Int]) in keys }
    }
    expect(result, says: "maxBatchSize is a number of keys")
  }

  @Test func `A maximum weight without a weight function traps`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Batcher<Int, Int>(configuration: .init(maxBatchWeight: 5)) { (keys: [Int]) in keys }
    }
    expect(result, says: "maxBatchWeight needs a weight function")
  }

  @Test func `Conflicts with deduplication trap`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Batcher<Int, Int>(conflicts: .by { $0 }) { (keys: [Int]) in keys }
    }
    expect(result, says: "set deduplicates to false")
  }

  @Test func `A weight function that returns a negative weight traps`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      let weightless: @Sendable (Int) -> Int = { _ in -1 }
      let batcher = Batcher<Int, Int>(
        configuration: .init(maxBatchWeight: 5), weight: weightless
      ) { (keys: [Int]) in keys }
      _ = batcher.load(1)
    }
    expect(result, says: "the weight function of a batcher returned -1 for the key 1")
  }

  @Test func `A cache with no capacity traps`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = CachePolicy<Int, Int>.lru(0)
    }
    expect(result, says: "maxCount is a number of keys, at least 1")
  }

  @Test func `Jitter above 1 traps`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = RetryPolicy(jitter: 1.5) { _ in true }
    }
    expect(result, says: "jitter is a share of the wait, from 0 to 1")
  }

  @Test func `A negative number of retries traps`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = RetryPolicy(maxRetries: -1) { _ in true }
    }
    expect(result, says: "maxRetries is a number of retries")
  }
}
