// SPDX-License-Identifier: Apache-2.0
/// Finds out when an executor that is not ours adds no more keys. Pure.
///
/// A probe is a task on that executor. It gives way to every job that is ready, again and again.
/// When it runs again, it has *passed*: each job that was ready when it gave way has been started.
/// When two passes in a row have added no key, the executor is *quiet*.
///
/// One pass would not be enough. A job that was started before the pass may still run on another
/// thread, and a job may have made others ready.
struct ProbeMachine: Sendable {
  /// What the probe does next.
  enum OnPass: Equatable {
    /// Give way once more, to the jobs with this priority.
    case again(priority: UInt8)
    /// A batch completes its futures, and so makes jobs ready. Give way when that is over.
    case waitForDeliveries
    /// The probe ends. If the origin is quiet, its batches leave.
    case end(isQuiet: Bool)
  }

  /// How many passes in a row must add nothing, with each priority.
  private static let quietPasses = 2
  /// For how many deliveries it waits at most after the last key: on a busy server there may always
  /// be one.
  private static let maxDeliveries = 16
  /// After so many passes it ends even if each of them has added a key.
  private static let maxPasses = 1_000

  /// The priorities of the tasks that loaded. Each has a queue of its own.
  private var priorities: [UInt8]
  /// The queue of the pass under way.
  private var current = 0
  private var hasNewKeys = false
  private var quiet = 0
  /// For how many deliveries it has waited since the last key.
  private var deliveries = 0
  private(set) var passes = 0

  init(priority: UInt8) { priorities = [priority] }

  mutating func keyJoined(priority: UInt8) {
    hasNewKeys = true
    if !priorities.contains(priority) { priorities.append(priority) }
  }

  /// All jobs that were ready when the probe gave way have been started.
  ///
  /// - Parameters:
  ///   - isDelivering: whether some batch completes its futures at the moment.
  ///   - isWanted: whether an open batch has a key from here.
  mutating func passed(isDelivering: Bool, isWanted: Bool) -> OnPass {
    passes += 1
    if !isWanted { return .end(isQuiet: false) }
    if passes >= Self.maxPasses { return .end(isQuiet: true) }
    if hasNewKeys { deliveries = 0 }
    if isDelivering, deliveries < Self.maxDeliveries {
      deliveries += 1
      quiet = 0
      return .waitForDeliveries
    }
    quiet = hasNewKeys ? 0 : quiet + 1
    hasNewKeys = false
    if quiet >= Self.quietPasses * priorities.count { return .end(isQuiet: true) }
    current = (current + 1) % priorities.count
    return .again(priority: priorities[current])
  }
}
