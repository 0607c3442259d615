// SPDX-License-Identifier: Apache-2.0
import Arrival
import Testing

/// Who waits is there before what it waits for.
@Suite struct WaitingTests {
  @Test func `Every blocking member waits for the value`() {
    let promise = Promise<Int>()
    let future = promise.future
    let seen = Log<String>()
    let threads = [
      PlainThread {
        future.wait()
        seen.append("wait \(future.done())")
      },
      PlainThread { seen.append("checkSuccess \((try? future.checkSuccess()) != nil)") },
      PlainThread { seen.append("getResult \((try? future.getResult()) ?? -1)") },
      PlainThread { seen.append("getException \(future.getException() == nil)") },
      PlainThread { seen.append("getTraceback \(future.getTraceback() == nil)") },
      PlainThread {
        Future.waitAll([future])
        seen.append("waitAll \(future.done())")
      },
      PlainThread { seen.append("waitAny \(Future.waitAny([future]) === future)") },
    ]
    spin { future.hasWaiters }
    #expect(seen.all.isEmpty)
    promise.succeed(42)
    for thread in threads { thread.join() }
    #expect(
      seen.all.sorted() == [
        "checkSuccess true", "getException true", "getResult 42", "getTraceback true",
        "wait true", "waitAll true", "waitAny true",
      ])
  }

  @Test func `Every blocking member waits for the error that comes later`() {
    let promise = Promise<Int>()
    let future = promise.future
    let error = Unique()
    let seen = Log<String>()
    @Sendable func isIt(_ other: (any Error)?) -> Bool { other as? Unique === error }
    let threads = [
      PlainThread {
        future.wait()
        seen.append("wait \(future.done())")
      },
      PlainThread {
        do { try future.checkSuccess() } catch { seen.append("checkSuccess \(isIt(error))") }
      },
      PlainThread {
        do { _ = try future.getResult() } catch { seen.append("getResult \(isIt(error))") }
      },
      PlainThread { seen.append("getException \(isIt(future.getException()))") },
      PlainThread { seen.append("getTraceback \(future.getTraceback() != nil)") },
      PlainThread {
        Future.waitAll([future])
        seen.append("waitAll \(future.done())")
      },
      PlainThread { seen.append("waitAny \(Future.waitAny([future]) === future)") },
    ]
    spin { future.hasWaiters }
    promise.fail(error)
    for thread in threads { thread.join() }
    #expect(
      seen.all.sorted() == [
        "checkSuccess true", "getException true", "getResult true", "getTraceback true",
        "wait true", "waitAll true", "waitAny true",
      ])
  }

  @Test func `Every suspending member waits for the value`() async throws {
    let promise = Promise<Int>()
    let future = promise.future
    async let waited: Void = future.wait()
    async let succeeded: Void = future.checkSuccess()
    async let result = future.getResult()
    async let value = future.value
    async let whole = future.result
    async let exception = future.getException()
    async let traceback = future.getTraceback()
    async let all: Void = Future.waitAll([future])
    async let any = Future.waitAny([future])
    await yield { future.hasWaiters }
    promise.succeed(42)
    await waited
    try await succeeded
    #expect(try await result == 42)
    #expect(try await value == 42)
    #expect(try await whole.get() == 42)
    #expect(await exception == nil)
    #expect(await traceback == nil)
    await all
    #expect(await any === future)
  }

  @Test func `Every suspending member waits for the error that comes later`() async {
    let promise = Promise<Int>()
    let future = promise.future
    let error = Unique()
    async let waited: Void = future.wait()
    async let result = Result { () async throws in try await future.getResult() }
    async let checked = Result { () async throws in try await future.checkSuccess() }
    async let exception = future.getException()
    async let traceback = future.getTraceback()
    async let any = Future.waitAny([future])
    await yield { future.hasWaiters }
    promise.fail(error)
    await waited
    #expect(await result.failure as? Unique === error)
    #expect(await checked.failure as? Unique === error)
    #expect(await exception as? Unique === error)
    #expect(await traceback != nil)
    #expect(await any === future)
  }

  @Test func `One completion wakes threads and tasks, from whatever thread it comes`() async {
    let completers: [(@escaping @Sendable () -> Void) -> Void] = [
      { body in _ = PlainThread(body) },
      { body in _ = Future { body() } },
      { body in Task { body() } },
    ]
    for complete in completers {
      let promise = Promise<Int>()
      let future = promise.future
      let woken = Log<Int>()
      let threads = (0..<4).map { _ in
        PlainThread { woken.append((try? future.getResult()) ?? -1) }
      }
      let tasklets = (0..<4).map { _ in Future { woken.append(try await future.value) } }
      await yield { future.hasWaiters }
      complete { promise.succeed(9) }
      await Future.waitAll(tasklets)
      for thread in threads { thread.join() }
      #expect(woken.all == Array(repeating: 9, count: 8))
    }
  }

  @Test func `Many foreign threads can wait for one future`() throws {
    let promise = Promise<Int>()
    let future = promise.future
    let owner = Future { try await future.value + 1 }
    let sum = Counter()
    onThreads(16) { index in
      if index == 15 {
        promise.succeed(1)
      } else if (try? owner.getResult()) == 2 {
        sum.raise()
      }
    }
    #expect(sum.value == 15)
    #expect(try owner.getResult() == 2)
  }
}

extension Result where Failure == any Error {
  init(_ body: () async throws -> Success) async {
    do { self = .success(try await body()) } catch { self = .failure(error) }
  }

  var failure: (any Error)? {
    if case .failure(let error) = self { error } else { nil }
  }
}
