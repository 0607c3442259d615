// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import Dispatch
internal import NIOCore

private let limitInNanoseconds: UInt64 = 2_000_000

extension Comparison {
  /// How late a limit of 2 ms ends a wait. Only the lateness is reported.
  static let timeLimits = Comparison(
    "time limit of 2 ms, how late it ends", operations: 5, rounds: 20,
    targets: [.under(nanoseconds: 1_000_000)],
    [
      Contender(timingItself: "Arrival") { count in
        lateness(count) {
          let promise = Promise<Int>()
          use(promise.future.wait(for: .nanoseconds(limitInNanoseconds)))
          promise.succeed(1)
        }
      },
      Contender(timingItself: "Arrival, timeout(after:)") { count in
        lateness(count) {
          let promise = Promise<Int>()
          let timed = promise.future.timeout(
            after: .nanoseconds(limitInNanoseconds), on: Machinery.single)
          timed.wait()
          use(timed.getException())
          promise.succeed(1)
        }
      },
      Contender(timingItself: "DispatchSemaphore, wait(timeout:)") { count in
        lateness(count) {
          let never = DispatchSemaphore(value: 0)
          use(never.wait(timeout: .now() + .nanoseconds(Int(limitInNanoseconds))))
        }
      },
      Contender(timingItself: "NIO, a task of its loop, wait()") { count in
        lateness(count) {
          let task = Machinery.loop.scheduleTask(in: .nanoseconds(Int64(limitInNanoseconds))) {}
          orTrap { try task.futureResult.wait() }
        }
      },
    ])
}

/// The nanoseconds that `count` waits of `body` take beyond their limits.
private func lateness(_ count: Int, _ body: () -> Void) -> UInt64 {
  let time = timed { for _ in 0..<count { body() } }
  let least = UInt64(count) * limitInNanoseconds
  return time > least ? time - least : 1
}
