import Arrival
import Testing

/// What makes no sense traps with a sentence that says how to do it right.
@Suite struct BatcherTrapTests {
  private func expect(_ result: ExitTest.Result?, says sentence: String) {
    let text = result.map { String(decoding: $0.standardErrorContent, as: UTF8.self) } ?? ""
    #expect(text.contains(sentence))
  }

  @Test func `A configuration of no keys`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = BatcherConfiguration(maxBatchSize: 0)
    }
    expect(result, says: "maxBatchSize is a number of keys, at least 1")
  }

  @Test func `Room for nobody`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = BatcherConfiguration(maxQueued: 0)
    }
    expect(result, says: "maxQueued is a number of loads, at least 1; nil means no limit")
  }

  @Test func `A weight below zero`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = BatcherConfiguration(maxBatchWeight: -1)
    }
    expect(result, says: "maxBatchWeight is a weight")
  }

  @Test func `No calls in a lane`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = BatcherConfiguration(maxConcurrentBatchesPerLane: 0)
    }
    expect(result, says: "maxConcurrentBatchesPerLane is a number of calls, at least 1")
  }

  @Test func `A delay below zero`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = BatcherConfiguration(maxDelay: .seconds(-1))
    }
    expect(result, says: "maxDelay is a time, zero or more")
  }

  @Test func `A configuration changed to nonsense`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      var changed = BatcherConfiguration()
      changed.maxBatchSize = 0
      _ = Batcher<Int, Int>(configuration: changed) { (keys: [Int]) in keys }
    }
    expect(result, says: "maxBatchSize is a number of keys")
  }

  @Test func `A limit of weight without weights`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Batcher<Int, Int>(configuration: .init(maxBatchWeight: 5)) { (keys: [Int]) in keys }
    }
    expect(result, says: "maxBatchWeight needs a weight function")
  }

  @Test func `Conflicts among what is sent once`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Batcher<Int, Int>(conflicts: .by { $0 }) { (keys: [Int]) in keys }
    }
    expect(result, says: "set deduplicates to false")
  }

  @Test func `A key that weighs less than nothing`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      let weightless: @Sendable (Int) -> Int = { _ in -1 }
      let batcher = Batcher<Int, Int>(
        configuration: .init(maxBatchWeight: 5), weight: weightless
      ) { (keys: [Int]) in keys }
      _ = batcher.load(1)
    }
    expect(result, says: "the weight of a key is zero or more; it is -1")
  }

  @Test func `A cache for nothing`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = CachePolicy<Int, Int>.lru(0)
    }
    expect(result, says: "a cache has room for at least one key")
  }

  @Test func `More jitter than there is wait`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = RetryPolicy(jitter: 1.5) { _ in true }
    }
    expect(result, says: "jitter is a share of the wait, from 0 to 1")
  }

  @Test func `Fewer retries than none`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = RetryPolicy(maxRetries: -1) { _ in true }
    }
    expect(result, says: "maxRetries is a number of repetitions")
  }
}
