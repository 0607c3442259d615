// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import Dispatch
internal import Foundation
internal import NIOCore
internal import Synchronization

extension Comparison {
  public static let waiting =
    [
      spawnAndAwait, resume, spawnAndBlock, handOver, waitAllDone, waitAllPending, waitAnyDone,
      waitAnyPending, timeLimits,
    ] + deadlockChecks

  static let spawnAndAwait = Comparison(
    "spawned from a task and awaited",
    [
      Contender(timingItself: "Arrival") { count in
        Machinery.timedInTasklet { for i in 0..<count { use(try await Future { i }.value) } }
      },
      Contender(timingItself: "Task, value") { count in
        Machinery.timedInTask { for i in 0..<count { use(await Task { i }.value) } }
      },
      Contender(timingItself: "NIO, submit, get()") { count in
        Machinery.timedInTask {
          let loop = Machinery.loop
          for i in 0..<count { use(try await loop.submit { i }.get()) }
        }
      },
    ])

  /// Many tasks wait for one promise each. The time is measured from the first completion until the
  /// last task has ended.
  static let resume = Comparison(
    "await of a pending future: completed, resumed, ended", operations: 5_000, rounds: 30,
    [
      Contender(preparing: "Arrival") { count in
        let assembly = Assembly()
        let promises = (0..<count).map { _ in Promise<Int>() }
        let tasklets = promises.map { promise in
          Future(on: Machinery.single) {
            assembly.arrive()
            use(try await promise.future.value)
          }
        }
        assembly.wait(for: count)
        return {
          for (i, promise) in promises.enumerated() { promise.succeed(i) }
          Future.waitAll(tasklets)
        }
      },
      Contender(preparing: "NIO, get() in a Task") { count in
        let assembly = Assembly()
        let promises = (0..<count).map { _ in Machinery.loop.makePromise(of: Int.self) }
        let tasks = promises.map { promise in
          Task {
            assembly.arrive()
            use(try await promise.futureResult.get())
          }
        }
        assembly.wait(for: count)
        return {
          for (i, promise) in promises.enumerated() { promise.succeed(i) }
          blockOnTask { for task in tasks { await task.end() } }
        }
      },
      Contender(preparing: "CheckedContinuation in a Task") { count in
        let assembly = Assembly()
        let slots = (0..<count).map { _ in Slot<CheckedContinuation<Int, Never>>() }
        let tasks = slots.map { slot in
          Task {
            use(
              await withCheckedContinuation {
                slot.value = $0
                assembly.arrive()
              })
          }
        }
        assembly.wait(for: count)
        return {
          for (i, slot) in slots.enumerated() { slot.value!.resume(returning: i) }
          blockOnTask { for task in tasks { await task.end() } }
        }
      },
    ])

  static let spawnAndBlock = Comparison(
    "spawned from a thread and read, blocking",
    targets: [.times(10, peer: "Task, semaphore"), .times(10, peer: "NIO, submit, wait()")],
    [
      Contender("Arrival") { count in for i in 0..<count { use(try Future { i }.getResult()) } },
      Contender("Task, semaphore") { count in
        for i in 0..<count { use(blockOnTask { i }) }
      },
      Contender("NIO, submit, wait()") { count in
        let loop = Machinery.loop
        for i in 0..<count { use(try loop.submit { i }.wait()) }
      },
      Contender("DispatchQueue, semaphore") { count in
        for i in 0..<count { use(blockForQueue(i)) }
      },
    ])
}

/// Part of the preparations: waits until this many tasks are at their `await`.
private final class Assembly: Sendable {
  private let arrived = Atomic<Int>(0)

  func arrive() { arrived.add(1, ordering: .releasing) }

  func wait(for count: Int) {
    while arrived.load(ordering: .acquiring) < count { Thread.sleep(forTimeInterval: 0.001) }
    // The suspension follows within nanoseconds.
    Thread.sleep(forTimeInterval: 0.005)
  }
}

extension Task {
  fileprivate func end() async { _ = await result }
}
