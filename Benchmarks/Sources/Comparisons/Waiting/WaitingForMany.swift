// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import NIOCore

private let many = 100_000

extension Comparison {
  static let waitAllDone = Comparison(
    "waitAll over 100,000 done, each", operations: many, rounds: 20,
    [
      Contender(preparing: "Arrival") { count in
        let futures = (0..<count).map { Future(value: $0) }
        return { Future.waitAll(futures) }
      },
      nio("NIO, whenAllComplete", done: true) { futures in
        EventLoopFuture.whenAllComplete(futures, on: Machinery.loop).map { _ in }
      },
      nio("NIO, whenAllSucceed", done: true) { futures in
        EventLoopFuture.whenAllSucceed(futures, on: Machinery.loop).map { _ in }
      },
    ])

  /// Each contender uses one thread. It sets up the wait, then completes all futures.
  static let waitAllPending = Comparison(
    "waitAll over 100,000 pending, completion and wait, each", operations: many, rounds: 12,
    [
      Contender(timingItself: "Arrival") { count in
        let promises = (0..<count).map { _ in Promise<Int>() }
        let futures = promises.map(\.future)
        return Machinery.inTasklet {
          await timedAsync {
            // Runs when the wait below suspends, because there is one thread.
            _ = Future(on: Machinery.single) {
              for (i, promise) in promises.enumerated() { promise.succeed(i) }
            }
            await Future.waitAll(futures)
          }
        }
      },
      nio("NIO, whenAllComplete", done: false) { futures in
        EventLoopFuture.whenAllComplete(futures, on: Machinery.loop).map { _ in }
      },
      nio("NIO, whenAllSucceed", done: false) { futures in
        EventLoopFuture.whenAllSucceed(futures, on: Machinery.loop).map { _ in }
      },
      Contender(timingItself: "TaskGroup") { count in
        Machinery.timedInTask {
          await withTaskGroup(of: Int.self) { group in
            for i in 0..<count { group.addTask { i } }
            await group.waitForAll()
          }
        }
      },
    ])

  static let waitAnyDone = Comparison(
    "waitAny over 100,000 done, each", operations: many, rounds: 20,
    [
      Contender(preparing: "Arrival") { count in
        let futures = (0..<count).map { Future(value: $0) }
        return { use(Future.waitAny(futures)) }
      }
    ])

  /// Each contender uses one thread. It sets up the wait, then completes the last future.
  static let waitAnyPending = Comparison(
    "waitAny over 100,000 pending, the last completed, each", operations: many, rounds: 12,
    [
      Contender(timingItself: "Arrival") { count in
        let promises = (0..<count).map { _ in Promise<Int>() }
        let futures = promises.map(\.future)
        return Machinery.inTasklet {
          let time = await timedAsync {
            _ = Future(on: Machinery.single) { promises[count - 1].succeed(1) }
            use(await Future.waitAny(futures))
          }
          // Otherwise they would be reported as broken during the next measurement.
          for promise in promises { promise.succeed(0) }
          return time
        }
      },
      Contender(timingItself: "TaskGroup, next()") { count in
        Machinery.timedInTask {
          await withTaskGroup(of: Int.self) { group in
            for i in 0..<count { group.addTask { i } }
            use(await group.next())
            group.cancelAll()
          }
        }
      },
    ])
}

/// NIO's wait for all futures, on its loop. The futures are completed before or after it.
private func nio(
  _ name: String, done: Bool,
  wait: @escaping @Sendable ([EventLoopFuture<Int>]) -> EventLoopFuture<Void>
) -> Contender {
  Contender(timingItself: name) { count in
    Machinery.prepareOnLoop {
      let promises = (0..<count).map { _ in Machinery.loop.makePromise(of: Int.self) }
      let futures = promises.map(\.futureResult)
      if done { for (i, promise) in promises.enumerated() { promise.succeed(i) } }
      return {
        let all = wait(futures)
        if !done { for (i, promise) in promises.enumerated() { promise.succeed(i) } }
        all.whenComplete { use($0) }
      }
    }
  }
}
