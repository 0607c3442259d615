// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import NIOCore

private let many = 100_000

extension Comparison {
  public static let combining = [allPending, asCompleted, map]

  /// Each contender uses one thread. It combines the futures, then completes all of them.
  static let allPending = Comparison(
    "all over 100,000 pending, combined and completed, each", operations: many, rounds: 12,
    [
      Contender(timingItself: "Arrival") { count in
        let promises = (0..<count).map { _ in Promise<Int>() }
        let futures = promises.map(\.future)
        return Machinery.inTasklet {
          try await timedAsync {
            let all = Future.all(futures)
            for (i, promise) in promises.enumerated() { promise.succeed(i) }
            use(try await all.value)
          }
        }
      },
      Contender(timingItself: "NIO, whenAllSucceed") { count in
        Machinery.prepareOnLoop {
          let loop = Machinery.loop
          let promises = (0..<count).map { _ in loop.makePromise(of: Int.self) }
          let futures = promises.map(\.futureResult)
          return {
            let all = EventLoopFuture.whenAllSucceed(futures, on: loop)
            for (i, promise) in promises.enumerated() { promise.succeed(i) }
            all.whenComplete { use($0) }
          }
        }
      },
    ])

  /// Many tasks return one value each, and a loop takes the values in the order of completion.
  static let asCompleted = Comparison(
    "asCompleted over 100,000 tasklets, started, run and taken, each", operations: many, rounds: 8,
    [
      Contender(timingItself: "Arrival") { count in
        Machinery.timedInTasklet {
          let futures = (0..<count).map { i in Future { i } }
          for try await future in Future.asCompleted(futures) { use(try await future.value) }
        }
      },
      Contender(timingItself: "withTaskGroup") { count in
        Machinery.timedInTask {
          await withTaskGroup(of: Int.self) { group in
            for i in 0..<count { group.addTask { i } }
            for await value in group { use(value) }
          }
        }
      },
    ])

  static let map = Comparison(
    "promise with one map, completed and read",
    [
      Contender("Arrival") { count in
        for i in 0..<count {
          let promise = Arrival::Promise<Int>()
          let next = promise.future.map { $0 + 1 }
          promise.succeed(i)
          use(try next.getResult())
        }
      },
      Contender(timingItself: "NIO, on its loop") { count in
        Machinery.onLoop {
          let loop = Machinery.loop
          for i in 0..<count {
            let promise = loop.makePromise(of: Int.self)
            let next = promise.futureResult.map { $0 + 1 }
            promise.succeed(i)
            next.whenComplete { use($0) }
          }
        }
      },
    ])
}
