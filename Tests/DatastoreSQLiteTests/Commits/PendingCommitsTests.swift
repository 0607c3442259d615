// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Testing

  @testable import DatastoreSQLite

  /// The commits that wait for the writer, without a writer.
  @Suite struct PendingCommitsTests {
    private func take(_ pending: inout PendingCommits<Int>, bytes: Int = 0) -> [Int] {
      pending.takeGroup { ($0, bytes) }
    }

    @Test func `The writer starts once, takes all waiting commits, and starts again when idle`() {
      var pending = PendingCommits<Int>()
      #expect(pending.add(1) == .startWriter)
      #expect(pending.add(2) == .none)
      #expect(take(&pending) == [1, 2])
      // A commit that comes while the writer is busy starts no other writer, and is not forgotten.
      #expect(pending.add(3) == .none)
      #expect(pending.finishGroup() == .takeNextGroup)
      #expect(take(&pending) == [3])
      #expect(pending.finishGroup() == .becomeIdle)
      #expect(pending.add(4) == .startWriter)
    }

    @Test func `A group ends before the commit that exceeds its mutations or bytes`() {
      let most = PendingCommits<Int>.maxMutations
      var pending = PendingCommits<Int>()
      for size in [most - 500, 500, 1, most + 1, 2] { _ = pending.add(size) }
      #expect(take(&pending) == [most - 500, 500])
      #expect(take(&pending) == [1])
      // A commit that is too large by itself is a group of its own.
      #expect(take(&pending) == [most + 1])
      #expect(take(&pending) == [2])

      for size in 1...3 { _ = pending.add(size) }
      #expect(take(&pending, bytes: PendingCommits<Int>.maxBytes / 2) == [1, 2])
      #expect(take(&pending) == [3])
    }
  }
#endif
