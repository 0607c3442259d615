// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Testing

/// The whole batcher on the manual executor, with ready work in a random order.
@Suite struct BatcherScheduleTests {
  @Test(arguments: 0..<100)
  func `Every future ends exactly once with its own value, for any seed`(seed: Int) throws {
    let manual = ManualExecutor(seed: UInt64(seed))
    let calls = Counter()
    let batcher = Batcher<Int, Int>(
      configuration: .init(
        maxBatchSize: 1 + seed % 7, maxDelay: .milliseconds(seed % 3),
        maxConcurrentBatches: seed % 2 == 0 ? nil : 1 + seed % 5, deduplicates: seed % 4 < 2),
      on: manual.executor
    ) { (keys: [Int]) -> [Result<Int, any Error>] in
      let call = calls.raise()
      if call % 3 == 0 { try await Future.sleep(for: .milliseconds(call % 5)).value }
      if call % 7 == 0 { throw Oops(-1) }
      return keys.map { $0 % 10 == 9 ? .failure(Oops($0)) : .success($0 * 2) }
    }
    let ends = (0..<60).map { _ in Counter() }
    let futures = Log<(Int, Future<Int>)>()
    @Sendable func load(_ key: Int, _ index: Int) {
      let future = key % 3 == 0 ? batcher.load(key) : batcher.load(key, lane: key % 3)
      future.onCompletion { _ in ends[index].raise() }
      futures.append((key, future))
      if index % 13 == 0 { future.cancel() }
    }
    for index in 0..<60 {
      if index % 4 == 0 {
        load(index % 25, index)
      } else {
        _ = Future(on: manual.executor) {
          if index % 2 == 0 { await Task.yield() }
          if index % 5 == 0 { try await Future.sleep(for: .milliseconds(index % 4)).value }
          load(index % 25, index)
        }
      }
      if index % 11 == 0 { manual.advance(by: .milliseconds(1)) }
    }
    manual.advance(by: .seconds(10))
    #expect(ends.map(\.value) == Array(repeating: 1, count: 60))
    #expect(manual.executor.statistics().timers == 0)
    #expect(manual.executor.statistics().pendingTasklets == 0)
    for (key, future) in futures.all {
      switch future.getException() {
      case nil: #expect(try future.getResult() == key * 2 && key % 10 != 9)
      case let oops as Oops: #expect(oops == Oops(-1) || oops == Oops(key) && key % 10 == 9)
      case let error?: #expect(error is CancellationError)
      }
    }
  }
}
