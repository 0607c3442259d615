// SPDX-License-Identifier: Apache-2.0
#if canImport(Testing)
  internal import Synchronization
  public import Testing

  /// Runs a test in manual time, once for each seed.
  ///
  /// ```swift
  /// @Test(.arrival(seeds: 1...100)) func `No deposit is lost`() async {
  ///   let account = Account()
  ///   async let one: Void = account.deposit(1)
  ///   async let two: Void = account.deposit(2)
  ///   _ = await (one, two)
  ///   #expect(await account.balance == 3)
  /// }
  /// ```
  ///
  /// The test function runs as the body of ``withManualTime(seed:patience:function:file:line:_:)``
  /// does; ``ManualTime/current`` is its time. The first seed that records an issue or throws ends
  /// the repetition. The issue names that seed.
  public struct ScheduleTrait: TestTrait, SuiteTrait, TestScoping {
    /// The seeds; `nil` stands for first in, first out.
    let seeds: [UInt64?]
    let patience: Duration

    public var isRecursive: Bool { true }

    public func provideScope(
      for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
      for seed in seeds {
        let hasFailed = try await run(test, testCase, seed, function)
        if hasFailed { return }
      }
    }

    private func run(
      _ test: Test, _ testCase: Test.Case?, _ seed: UInt64?,
      _ function: @Sendable () async throws -> Void
    ) async throws -> Bool {
      let failures = Failures()
      let note = seed.map { Comment(rawValue: "seed \($0): repeat it with .arrival(seed: \($0))") }
      let issues: IssueHandlingTrait = .compactMapIssues { issue in
        if issue.isFailure { failures.wereRecorded.store(true, ordering: .relaxed) }
        var issue = issue
        if let note { issue.comments.append(note) }
        return issue
      }
      try await issues.provideScope(for: test, testCase: testCase) {
        try await withoutActuallyEscaping(function) { function in
          do {
            try await withManualTime(seed: seed, patience: patience) { _ in try await function() }
          } catch {
            if Task.isCancelled { throw error }
            Issue.record(error, sourceLocation: test.sourceLocation)
          }
        }
      }
      return failures.wereRecorded.load(ordering: .relaxed)
    }

    private final class Failures: Sendable {
      let wereRecorded = Atomic<Bool>(false)
    }
  }

  extension Trait where Self == ScheduleTrait {
    /// Runs the test in manual time, first in, first out.
    public static var arrival: Self { ScheduleTrait(seeds: [nil], patience: .seconds(5)) }

    /// Runs the test in manual time, with one order of ready work.
    public static func arrival(seed: UInt64, patience: Duration = .seconds(5)) -> Self {
      ScheduleTrait(seeds: [seed], patience: patience)
    }

    /// Runs the test in manual time, with the order of ready work that each seed gives, until one
    /// fails.
    ///
    /// - Parameters:
    ///   - seeds: such as `1...100`.
    ///   - patience: as for ``withManualTime(seed:patience:function:file:line:_:)``.
    public static func arrival(
      seeds: some Sequence<some BinaryInteger>, patience: Duration = .seconds(5)
    ) -> Self {
      ScheduleTrait(seeds: seeds.map { UInt64(truncatingIfNeeded: $0) }, patience: patience)
    }
  }
#endif
