// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import NIOCore
internal import OpenCombine

extension Comparison {
  public static let futures = [readyMadeAndRead, readyRead, promise, callback]

  static let readyMadeAndRead = Comparison(
    "ready future, made and read",
    [
      Contender("Arrival") { count in
        for i in 0..<count { use(try Arrival::Future(value: i).getResult()) }
      },
      Contender("NIO, wait()") { count in
        let loop = Machinery.loop
        for i in 0..<count { use(try loop.makeSucceededFuture(i).wait()) }
      },
      Contender("OpenCombine Future, sink") { count in
        for i in 0..<count { sink(OpenCombine.Future { $0(.success(i)) }) }
      },
      Contender(timingItself: "Task, value") { count in
        Machinery.timedInTask { for i in 0..<count { use(await Task { i }.value) } }
      },
    ])

  static let readyRead = Comparison(
    "ready future, getResult() alone",
    targets: [.under(nanoseconds: 5), .times(1000, peer: "NIO, wait()")],
    [
      Contender("Arrival") { count in
        let future = Arrival::Future(value: 7)
        for _ in 0..<count { use(try future.getResult()) }
      },
      Contender("NIO, wait()") { count in
        let future = Machinery.loop.makeSucceededFuture(7)
        for _ in 0..<count { use(try future.wait()) }
      },
      Contender("OpenCombine Future, sink") { count in
        let future = OpenCombine.Future<Int, Never> { $0(.success(7)) }
        for _ in 0..<count { sink(future) }
      },
      Contender(timingItself: "Task, value") { count in
        Machinery.timedInTask {
          let task = Task { 7 }
          for _ in 0..<count { use(await task.value) }
        }
      },
    ])
}

func sink(_ future: OpenCombine.Future<Int, Never>) {
  let subscription = future.sink { use($0) }
  subscription.cancel()
}
