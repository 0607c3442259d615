// SPDX-License-Identifier: Apache-2.0
/// A thread of an executor, as the run loop sees it.
///
/// `@unchecked Sendable`: all but `parker` belongs to the run loop, under the executor's lock.
final class Worker: @unchecked Sendable {
  let parker = Parker()
  var isBeingWoken: Bool
  var isRunning = false
  var isAsleep = false
  var sleepsSince: Nanoseconds?

  init(isBeingWoken: Bool) { self.isBeingWoken = isBeingWoken }
}
