// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import Dispatch

extension Comparison {
  /// A thread of the executor sleeps until another thread has run the tasklet that it waits for.
  /// The wait has a limit, because a wait without one would run the tasklet itself.
  static let handOver = Comparison(
    "blocking get on the executor's only thread, its place handed over",
    [
      Contender(timingItself: "Arrival") { count in
        Machinery.timedInTasklet { for i in 0..<count { use(try blockInPlaceOfOthers(i)) } }
      },
      Contender(timingItself: "DispatchQueue in a DispatchQueue, semaphore") { count in
        let ended = DispatchSemaphore(value: 0)
        let time = Slot<UInt64>()
        DispatchQueue.global().async {
          time.value = timed { for i in 0..<count { use(blockForQueue(i)) } }
          ended.signal()
        }
        ended.wait()
        return time.value!
      },
    ])
}

private func blockInPlaceOfOthers(_ value: Int) throws -> Int {
  try Future(on: Machinery.single) { value }.getResult(within: .seconds(3_600))
}

/// Another thread of the global queue returns the value.
func blockForQueue(_ value: Int) -> Int {
  let done = DispatchSemaphore(value: 0)
  let result = Slot<Int>()
  DispatchQueue.global().async {
    result.value = value
    done.signal()
  }
  done.wait()
  return result.value!
}
