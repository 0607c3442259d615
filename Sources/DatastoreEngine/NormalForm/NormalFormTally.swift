// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// Counts the normal forms that the tasks of a test build. There is no tally outside of tests.
package final class NormalFormTally: Sendable {
  /// The tally of the calling task.
  @TaskLocal package static var current: NormalFormTally?

  private let number = Atomic(0)

  package init() {}

  /// The number of normal forms built.
  package var count: Int { number.load(ordering: .sequentiallyConsistent) }

  func add() { number.wrappingAdd(1, ordering: .sequentiallyConsistent) }
}
