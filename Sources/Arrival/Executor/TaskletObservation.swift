// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// What has to be known of a tasklet for the event of its end. Only tasklets that were made while
/// an instrument was installed have one.
final class TaskletObservation: Sendable {
  private static let next = Atomic<UInt64>(1)

  let id = TaskletID(number: next.wrappingAdd(1, ordering: .relaxed).oldValue)
  private let start: Nanoseconds
  private static let notBegun = Nanoseconds.max
  /// When a thread began to run it.
  private let begin = Atomic<Nanoseconds>(TaskletObservation.notBegun)
  private let executor: TaskletExecutor
  // Copied, because the future may be gone at the end.
  private let name: String?
  private let creationSite: SourceSite

  /// Reports the start of a tasklet; `nil` if no instrument is installed.
  static func start(_ future: FutureCore, on executor: TaskletExecutor) -> TaskletObservation? {
    Instruments.isOn ? TaskletObservation(future, executor) : nil
  }

  private init(_ future: FutureCore, _ executor: TaskletExecutor) {
    self.executor = executor
    name = future.name
    creationSite = future.creationSite
    start = executor.now()
    Instruments.record(
      .taskletStarted(
        .init(
          id: id, name: future.name, creationSite: future.creationSite, executor: executor.name,
          parent: Tasklet.running?.observation?.id)))
  }

  /// A thread begins to run it.
  func began() { begin.store(executor.now(), ordering: .relaxed) }

  /// - Parameter future: `nil` if it was abandoned and is gone, and the task cancelled.
  func ended(_ future: FutureCore?) {
    let begin = begin.load(ordering: .relaxed)
    Instruments.record(
      .taskletEnded(
        .init(
          id: id, name: name, creationSite: creationSite, executor: executor.name,
          duration: .since(start, executor.now()),
          queued: begin == Self.notBegun ? nil : .since(start, begin),
          error: future.map { $0.failure?.error } ?? CancellationError())))
  }
}
