// SPDX-License-Identifier: Apache-2.0
internal import Arrival

/// Combines puts and deletes into commits.
///
/// The batcher keeps changes of one key in order and in separate commits, and limits the bytes of
/// each commit. If the backend refuses a commit as too large, it is sent again in two halves.
final class WritePipeline: Sendable {
  /// A mutation in flight. A class, because it is passed on many times.
  final class Write: Sendable {
    let mutation: Mutation
    let bytes: Int
    /// The key that no other commit may change at the same time. `nil` if the backend assigns the
    /// ID.
    let key: Key?

    init(_ mutation: Mutation, bytes: Int) {
      self.mutation = mutation
      self.bytes = bytes
      key = mutation.key.flatMap { $0.isComplete ? $0 : nil }
    }
  }

  private let batcher: Batcher<Write, Key>

  /// - Parameter commit: Sends one request, which writes all of the mutations or none.
  init(
    _ configuration: DatastoreConfiguration, _ executor: TaskletExecutor?,
    _ commit: @escaping @Sendable ([Mutation], _ bytes: Int) async throws -> CommitReply
  ) {
    batcher = Batcher(
      "datastore commits",
      configuration: .init(
        maxBatchSize: configuration.maxCommitMutations,
        maxBatchWeight: configuration.maxCommitBytes, maxDelay: configuration.maxDelay,
        maxConcurrentBatches: configuration.maxConcurrentCommits, deduplicates: false),
      on: executor, weight: \.bytes, conflicts: .by(\.key),
      isTooLarge: Self.isTooLarge
    ) { (writes: [Write]) -> [Key] in
      // In a separate tasklet, so that cancelling all its futures does not cancel the commit.
      // Otherwise its outcome would be unknown, and the next change of a key could overtake it.
      try await Future("datastore commit") { try await Self.send(writes, commit) }.result.get()
    }
  }

  /// The future of a mutation that is within the limits and adds `bytes` to its commit.
  func write(
    _ mutation: Mutation, bytes: Int, at site: SourceSite
  ) -> Future<Key> {
    batcher.load(Write(mutation, bytes: bytes), at: site)
  }

  /// How many mutations have waited for an earlier mutation of the same key.
  var heldCount: Int { batcher.statistics().held }

  /// Waits until all earlier writes have ended.
  func drain() async { await batcher.flush() }

  @Sendable private static func isTooLarge(_ error: any Error) -> Bool {
    (error as? DatastoreError)?.code == .tooLarge
  }

  private static func send(
    _ writes: [Write], _ commit: ([Mutation], _ bytes: Int) async throws -> CommitReply
  ) async throws -> [Key] {
    let keys = try await commit(writes.map(\.mutation), writes.reduce(0) { $0 + $1.bytes }).keys
    guard keys.count == writes.count else {
      throw DatastoreError(
        .internal,
        """
        The backend answered a commit of \(writes.count) mutations with \(keys.count) keys. The \
        mutations are written, but their keys are unknown. Report this as a fault of the backend.
        """)
    }
    return keys
  }
}

extension WritePipeline.Write: Hashable {
  static func == (a: WritePipeline.Write, b: WritePipeline.Write) -> Bool { a === b }
  func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
