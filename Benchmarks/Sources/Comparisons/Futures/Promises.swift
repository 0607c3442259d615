// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import NIOCore
internal import OpenCombine

extension Comparison {
  static let promise = Comparison(
    "promise, created, completed and read",
    [
      Contender("Arrival") { count in
        for i in 0..<count {
          let promise = Arrival::Promise<Int>()
          promise.succeed(i)
          use(try promise.future.getResult())
        }
      },
      Contender(timingItself: "NIO, on its loop") { count in
        Machinery.onLoop {
          let loop = Machinery.loop
          for i in 0..<count {
            let promise = loop.makePromise(of: Int.self)
            promise.succeed(i)
            promise.futureResult.whenSuccess { use($0) }
          }
        }
      },
      Contender("NIO, outside, wait()") { count in
        let loop = Machinery.loop
        for i in 0..<count {
          let promise = loop.makePromise(of: Int.self)
          promise.succeed(i)
          use(try promise.futureResult.wait())
        }
      },
      Contender("OpenCombine Future, sink") { count in
        for i in 0..<count {
          let (future, promise) = pendingCombineFuture()
          promise(.success(i))
          sink(future)
        }
      },
      Contender(timingItself: "CheckedContinuation") { count in
        Machinery.timedInTask {
          for i in 0..<count { use(await withCheckedContinuation { $0.resume(returning: i) }) }
        }
      },
    ])

  static let callback = Comparison(
    "promise with one callback, completed",
    targets: [.times(2, peer: "NIO, on its loop"), .times(2, peer: "NIO, outside")],
    [
      Contender("Arrival") { count in
        for i in 0..<count {
          let promise = Arrival::Promise<Int>()
          promise.future.onCompletion { use($0) }
          promise.succeed(i)
        }
      },
      Contender(timingItself: "NIO, on its loop") { count in
        Machinery.onLoop {
          let loop = Machinery.loop
          for i in 0..<count {
            let promise = loop.makePromise(of: Int.self)
            promise.futureResult.whenComplete { use($0) }
            promise.succeed(i)
          }
        }
      },
      Contender("NIO, outside") { count in
        let loop = Machinery.loop
        for i in 0..<count {
          let promise = loop.makePromise(of: Int.self)
          promise.futureResult.whenComplete { use($0) }
          promise.succeed(i)
        }
        // The loop has run everything submitted before.
        try loop.submit {}.wait()
      },
      Contender("OpenCombine Future, sink") { count in
        for i in 0..<count {
          let (future, promise) = pendingCombineFuture()
          let subscription = future.sink { use($0) }
          promise(.success(i))
          subscription.cancel()
        }
      },
    ])
}

private func pendingCombineFuture() -> (
  OpenCombine.Future<Int, Never>, OpenCombine.Future<Int, Never>.Promise
) {
  var promise: OpenCombine.Future<Int, Never>.Promise!
  let future = OpenCombine.Future<Int, Never> { promise = $0 }
  return (future, promise)
}
