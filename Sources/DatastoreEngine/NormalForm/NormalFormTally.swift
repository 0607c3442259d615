internal import Synchronization

/// Counts the normal forms that a test's tasks build. Outside of tests there is none.
package final class NormalFormTally: Sendable {
  /// The tally of the calling task.
  @TaskLocal package static var current: NormalFormTally?

  private let number = Atomic(0)

  package init() {}

  /// How many were built.
  package var count: Int { number.load(ordering: .sequentiallyConsistent) }

  func add() { number.wrappingAdd(1, ordering: .sequentiallyConsistent) }
}
