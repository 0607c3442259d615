// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Testing

@Suite struct AsCompletedTests {
  @Test func `gives the futures in the order in which they are done, including failed ones`()
    async throws
  {
    let promises = (0..<4).map { _ in Promise<Int>() }
    let completed = Future.asCompleted(promises.map(\.future))
    promises[2].succeed(2)
    promises[0].fail(Oops(0))
    let seen = Log<Int>()
    let loop = Future {
      for try await future in completed {
        do { seen.append(try await future.getResult()) } catch let error as Oops {
          seen.append(-error.number)
        }
      }
    }
    await yield { seen.count == 2 }
    promises[3].fail(Oops(3))
    await yield { seen.count == 3 }
    promises[1].succeed(1)
    try await loop.value
    #expect(seen.all == [2, 0, -3, 1])
  }

  @Test func `gives futures that are done already in the order given, and ends at once for none`()
    async throws
  {
    var seen: [Int] = []
    for try await future in Future.asCompleted((0..<3).map { Future(value: $0) }) {
      seen.append(try await future.getResult())
    }
    for try await _ in Future.asCompleted([Future<Int>]()) { seen.append(-1) }
    #expect(seen == [0, 1, 2])
  }

  @Test func `takes futures of several types, lazy sequences and one future twice`() async throws {
    let mixed: [any AnyFuture] = [Future(value: 1), Future(value: "two")]
    var count = 0
    for try await future in Future.asCompleted(mixed) where future.done() { count += 1 }
    let one = Future(value: 1)
    for try await future in Future.asCompleted([one, one]) where future === one { count += 1 }
    for try await _ in Future.asCompleted((0..<2).lazy.map { Future(value: $0) }) { count += 1 }
    #expect(count == 6)
  }

  @Test func `leaves nothing registered when a loop is broken out of`() async throws {
    let promises = (0..<1_000).map { _ in Promise<Int>() }
    promises[500].succeed(500)
    func firstOne() async throws -> Int {
      for try await future in Future.asCompleted(promises.map(\.future)) {
        return try await future.getResult()
      }
      return -1
    }
    #expect(try await firstOne() == 500)
    for promise in promises { #expect(!promise.future.hasWaiters) }
    for promise in promises { promise.succeed(0) }
  }

  @Test func `a loop whose task is cancelled ends, and leaves nothing registered`() async throws {
    let manual = ManualExecutor()
    let promises = (0..<3).map { _ in Promise<Int>() }
    let seen = Counter()
    let loop = Future(on: manual.executor) {
      for try await _ in Future.asCompleted(promises.map(\.future)) { seen.raise() }
    }
    manual.run()
    promises[0].succeed(0)
    manual.run()
    loop.cancel()
    manual.run()
    #expect(loop.isCancelled)
    #expect(seen.value == 1)
    for promise in promises { #expect(!promise.future.hasWaiters) }
    promises[1].succeed(1)
    promises[2].succeed(2)
  }

  @Test func `a cancelled task still gets the futures that are done`() async throws {
    let pending = Promise<Int>()
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      var seen: [Int] = []
      do {
        for try await future in Future.asCompleted([Future(value: 1), pending.future]) {
          seen.append(try await future.getResult())
        }
      } catch { seen.append(error is CancellationError ? -1 : -2) }
      return seen
    }
    #expect(await task.value == [1, -1])
    pending.succeed(2)
  }

  @Test func `several loops share a sequence: each future goes to one, first come, first served`()
    async throws
  {
    let manual = ManualExecutor()
    let promises = (0..<3).map { _ in Promise<Int>() }
    let completed = Future.asCompleted(promises.map(\.future))
    let seen = Log<String>()
    let loops = (0..<2).map { number in
      Future("loop \(number)", on: manual.executor) {
        for try await future in completed {
          seen.append("\(number): \(try await future.getResult())")
        }
      }
    }
    manual.run()
    for index in [2, 1, 0] {
      promises[index].succeed(index)
      manual.run()
    }
    #expect(seen.all == ["0: 2", "1: 1", "0: 0"])
    for loop in loops { #expect(loop.done()) }
    for loop in loops { #expect(await loop.getException() == nil) }
  }

  @Test func `cancelling one of several loops leaves its place to the next`() throws {
    let manual = ManualExecutor()
    let promise = Promise<Int>()
    let completed = Future.asCompleted([promise.future])
    let loops = (0..<3).map { _ in
      Future(on: manual.executor) {
        var seen: [Int] = []
        for try await future in completed { seen.append(try await future.getResult()) }
        return seen
      }
    }
    manual.run()
    loops[0].cancel()
    manual.run()
    promise.succeed(7)
    manual.run()
    #expect(loops[0].isCancelled)
    #expect(try loops[1].getResult() == [7])
    #expect(try loops[2].getResult() == [])
  }

  @Test func `a million futures take linear time, and are freed on a flat stack`() async throws {
    let count = 1_000_000
    let promises = (0..<count).map { _ in Promise<Int>() }
    let completed = Future.asCompleted(promises.map(\.future))
    for promise in promises { promise.succeed(1) }
    var sum = 0
    for try await future in completed { sum += try await future.getResult() }
    #expect(sum == count)
  }

  @Test func `a million futures that arrive while a loop waits for them are linear too`()
    async throws
  {
    let count = 1_000_000
    let promises = (0..<count).map { _ in Promise<Int>() }
    // Somebody waits for the loop, so that it takes part in the search for deadlocks.
    let outer = Future {
      let loop = Future {
        var sum = 0
        for try await future in Future.asCompleted(promises.map(\.future)) {
          sum += try await future.getResult()
          if sum < count { promises[sum].succeed(1) }
        }
        return sum
      }
      return try await loop.value
    }
    await yield { promises[0].future.hasWaiters }
    promises[0].succeed(1)
    #expect(try await outer.value == count)
  }

  @Test func `each future comes once however completions, loops and cancellations race`() async {
    for round in 0..<300 {
      let promises = (0..<16).map { _ in Promise<Int>() }
      let completed = Future.asCompleted(promises.map(\.future))
      let seen = Log<Int>()
      let loops = (0..<4).map { _ in
        Future { for try await future in completed { seen.append(try await future.getResult()) } }
      }
      let completing = Future { for index in 0..<16 { promises[index].succeed(index) } }
      if round % 2 == 0 { loops[0].cancel() }
      await Future.waitAll(loops)
      await completing.wait()
      #expect(seen.all.sorted() == Array(0..<16))
    }
  }
}
