// SPDX-License-Identifier: Apache-2.0
internal import Arrival

/// Combines puts and deletes into commits.
///
/// The batcher keeps changes of one key in order and in separate commits, and limits the bytes of
/// each commit. If the backend refuses a commit as too large, it is sent again in two halves. So is
/// a commit that fails for what is stored under one of its keys.
final class WritePipeline: Sendable {
  /// A mutation in flight. A class, because it is passed on many times.
  final class Write: Sendable {
    let mutation: Mutation
    let bytes: Int
    /// The key that no other commit may change at the same time. `nil` if the backend assigns the
    /// ID.
    let key: Key?
    /// Where the whole result goes. `nil` for most writes, whose callers want only the key.
    let outcome: WriteOutcome?

    init(_ mutation: Mutation, bytes: Int, _ outcome: WriteOutcome?) {
      self.mutation = mutation
      self.bytes = bytes
      self.outcome = outcome
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
    _ mutation: Mutation, bytes: Int, _ outcome: WriteOutcome? = nil, at site: SourceSite
  ) -> Future<Key> {
    batcher.load(Write(mutation, bytes: bytes, outcome), at: site)
  }

  /// How many mutations have waited for an earlier mutation of the same key.
  var heldCount: Int { batcher.statistics().held }

  /// Waits until all earlier writes have ended.
  func drain() async { await batcher.flush() }

  @Sendable private static func isTooLarge(_ error: any Error) -> Bool {
    error is MixedCommitError || (error as? DatastoreError)?.code == .tooLarge
  }

  private static func send(
    _ writes: [Write], _ commit: ([Mutation], _ bytes: Int) async throws -> CommitReply
  ) async throws -> [Key] {
    let results: [MutationResult]
    do {
      results = try await commit(
        writes.map(\.mutation), writes.reduce(0) { $0 + $1.bytes }
      ).results
    } catch let error as DatastoreError where isFaultOfOne(error, writes) {
      throw MixedCommitError()
    }
    guard results.count == writes.count else {
      throw DatastoreError(
        .internal,
        """
        The backend answered a commit of \(writes.count) mutations with \(results.count) keys. The \
        mutations are written, but their keys are unknown. Report this as a fault of the backend.
        """)
    }
    for (write, result) in zip(writes, results) { write.outcome?.set(result) }
    return results.map(\.key)
  }

  /// Whether one of several writes has failed for what is stored, which must not fail the others.
  private static func isFaultOfOne(_ error: DatastoreError, _ writes: [Write]) -> Bool {
    guard writes.count > 1 else { return false }
    switch error.code {
    case .alreadyExists, .notFound: return true
    case .failedPrecondition, .invalidArgument:
      return writes.contains { $0.mutation.dependsOnStoredEntity }
    default: return false
    }
  }
}

/// The failure of a commit that is sent again in two halves, until the write at fault is alone.
private struct MixedCommitError: Error {}

extension WritePipeline.Write: Hashable {
  static func == (a: WritePipeline.Write, b: WritePipeline.Write) -> Bool { a === b }
  func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
