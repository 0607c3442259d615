// SPDX-License-Identifier: Apache-2.0
internal import Arrival

/// What was written, and the whole result of the write.
final class WriteOutcome: Sendable {
  private struct State {
    var mutation: Mutation?
    var result: MutationResult?
  }

  private let state = Lock(State())

  /// The mutation in its namespace, as the hooks have left it. `nil` before it is sent.
  var mutation: Mutation? { state.withLock { $0.mutation } }

  /// The result. `nil` until the mutation is durable.
  var result: MutationResult? { state.withLock { $0.result } }

  func set(_ mutation: Mutation) { state.withLock { $0.mutation = mutation } }

  func set(_ result: MutationResult) { state.withLock { $0.result = result } }
}
