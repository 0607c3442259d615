// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Testing

@testable import Arrival

/// Every pending future that the core makes has a source, so that dumps show what it waits for and
/// rings through it are found. The exception is a promise, which user code completes.
@Suite struct FutureSourceTests {
  let manual = ManualExecutor()

  @Test func `Every pending future has a source that says what kind it is`() {
    let promise = Promise<Int>()
    let future = promise.future
    let executor = manual.executor
    let limited = BatcherConfiguration(maxBatchSize: 1, maxConcurrentBatches: 1, maxQueued: 1)
    let batcher = Batcher<Int, Int>("b", configuration: limited, on: executor) { (keys: [Int]) in
      [try await future.value]
    }
    let cached = Batcher<Int, Int>(on: executor, cache: .lru(10)) { (keys: [Int]) in
      [try await future.value]
    }
    let first = cached.load(1)
    let made: [(FutureCore, kind: String)] = [
      (Future(on: executor) { 1 }, "tasklet"),
      (Future.map(0..<2, limit: 1, on: executor) { $0 }, "tasklet"),
      (Future.sleep(for: .seconds(1), on: executor), "timer"),
      (future.timeout(after: .seconds(1), on: executor), "future"),
      (future.map { $0 }, "future"), (future.flatMap { Future(value: $0) }, "future"),
      (future.recover { _ in 1 }, "future"), (future.recover { _ in future }, "future"),
      (future.always { _ in }, "future"), (Future.all([future]), "future"),
      (Future.all(future, future), "future"), (Future.allSettled([future]), "future"),
      (Future.any([future]), "future"), (Future.race([future]), "future"),
      (Future.reduce([future]) { $0 + $1 }, "future"), (batcher.load(1), "key"),
      (first, "key"), (cached.load(1, within: .seconds(1)), "key"),
      (FlushSource.future(of: batcher.core), "flush"),
    ]
    for (future, kind) in made {
      #expect(future.source?.kind == kind, "\(future)")
    }
    #expect(future.source == nil)
    let turn = Promise<Int>("turn", kind: "turn", at: future.creationSite) { "behind another" }
    #expect(turn.future.formatDump().hasPrefix("turn \"turn\" created in"))
    #expect(turn.future.formatDump().hasSuffix(", behind another\n"))
    promise.succeed(1)
    manual.advance(by: .seconds(2))
  }
}
