// SPDX-License-Identifier: Apache-2.0
internal import Arrival

private let waits = 1_000

extension Comparison {
  static let deadlockChecks = [1, 10, 1_000].map { length in
    Comparison(
      "await behind a chain of \(length), checked for a deadlock", operations: waits, rounds: 30,
      [
        Contender(timingItself: "Arrival") { suspend($0, behind: length, heldUp: true) },
        Contender(timingItself: "no check, because no task waits for the waiter") {
          suspend($0, behind: length, heldUp: false)
        },
      ])
  }
}

/// `count` tasklets resume and then await the end of a chain of tasklets, each of which awaits the
/// next. If another tasklet waits for them, each of these waits could close a ring, so the chain is
/// read.
private func suspend(_ count: Int, behind length: Int, heldUp: Bool) -> UInt64 {
  let last = Promise<Int>()
  var chain = last.future
  for _ in 0..<length {
    let next = chain
    chain = Future(on: Machinery.single) { try await next.value }
  }
  let gate = Promise<Void>()
  let tasklets = (0..<count).map { [chain] _ in
    Future(on: Machinery.single) {
      try await gate.future.value
      return try await chain.value
    }
  }
  let others =
    heldUp
    ? tasklets.map { tasklet in
      Future(on: Machinery.single) { try await tasklet.value }
    } : []
  Machinery.inTasklet {}
  let time = timed {
    gate.succeed()
    // Jobs run first in, first out, so this one runs when all of the tasklets wait.
    Machinery.inTasklet {}
  }
  last.succeed(1)
  Future.waitAll(tasklets + others)
  return time
}
