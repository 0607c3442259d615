// SPDX-License-Identifier: Apache-2.0
// Blocking waits on the threads of NIO's event loops. The futures need tasklets that block too, on
// an executor with one thread. The test fails if a wait hangs. Prints one line for each case.
import Arrival
import Foundation
import NIOCore
import NIOPosix
import Synchronization

let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
let executor = TaskletExecutor("one", configuration: .init(threads: 1))
let reports = Mutex(0)
Diagnostic.setHandler { _ in reports.withLock { $0 += 1 } }

/// A future whose tasklet blocks for another tasklet. No waiting thread can run its beginning.
@Sendable func needy(_ number: Int) -> Future<Int> {
  detached(
    Future(on: executor) {
      try threeDeep(
        detached(
          Future(on: executor) {
            await Task.yield()
            return number
          }))
    })
}

@Sendable func detached(_ future: Future<Int>) -> Future<Int> {
  let promise = Promise<Int>()
  future.onCompletion { promise.complete($0) }
  return promise.future
}

@Sendable func threeDeep(_ future: Future<Int>) throws -> Int { try twoDeep(future) }
@inline(never) func twoDeep(_ future: Future<Int>) throws -> Int { try oneDeep(future) }
@inline(never) func oneDeep(_ future: Future<Int>) throws -> Int { try future.getResult() }

@MainActor func expect(_ what: String, _ isTrue: Bool) {
  print(isTrue ? "ok  " : "FAIL", what)
  fflush(nil)
  if !isTrue { fatalError(what) }
}

// One loop after the other, 100 times.
let sums = try (0..<100).map { number in
  try group.next().submit { try threeDeep(needy(number)) }.wait()
}
expect("blocked for on an event loop, 100 times", sums == Array(0..<100))

// Both loops at once.
let both = (0..<200).map { number in group.next().submit { try threeDeep(needy(number)) } }
expect("blocked for on all event loops at once", try both.map { try $0.wait() } == Array(0..<200))

// The loop's own thread runs the beginning of the future's tasklet.
let inPlace = try group.next().submit {
  try threeDeep(Future(on: executor) { try threeDeep(needy(7)) })
}.wait()
expect("run in place on an event loop", inPlace == 7)

// From a tasklet through an event loop to another tasklet. They run on two executors, because a
// thread that NIO blocks does not free its place for another thread.
let other = TaskletExecutor("other", configuration: .init(threads: 1))
let through = Future(on: other) {
  try group.next().submit { try threeDeep(needy(8)) }.wait()
}
expect("from a tasklet through a loop to a tasklet", try through.getResult() == 8)

// A task whose executor is an event loop.
let task = Promise<Int>()
let loop = group.next()
actor OnLoop {
  let loop: any EventLoop
  init(_ loop: any EventLoop) { self.loop = loop }
  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }
  func block() -> Result<Int, any Error> { Result { try threeDeep(needy(9)) } }
}
Task.detached { task.complete(await OnLoop(loop).block()) }
expect("in an actor on an event loop", try task.future.getResult() == 9)

// Time limits, and the first of several futures.
let limited = try group.next().submit { Promise<Int>().future.wait(for: .milliseconds(1)) }.wait()
// The promise is dropped, so its future fails and the wait ends.
expect("a broken promise ends a wait on an event loop", limited)
let never = Promise<Int>()
let late = try group.next().submit { never.future.wait(for: .milliseconds(1)) }.wait()
expect("a limit is kept on an event loop", !late)
let first = try group.next().submit {
  Future.waitAny([never.future, needy(1)])?.done() == true
}.wait()
expect("waitAny on an event loop", first)

expect("an event loop is not taken for the cooperative pool", reports.withLock { $0 } == 0)
never.succeed(1)
executor.shutdown()
other.shutdown()
try group.syncShutdownGracefully()
