#if SQLite
  import Testing

  @testable import DatastoreSQLite

  /// The line of commits before the writer, without a writer.
  @Suite struct CommitLineTests {
    private func take(_ line: inout CommitLine<Int>, bytes: Int = 0) -> [Int] {
      line.take { ($0, bytes) }
    }

    @Test("The writer is started once, takes all that wait, and is started again after its rest")
    func oneWriter() {
      var line = CommitLine<Int>()
      #expect(line.add(1) == .startWriter)
      #expect(line.add(2) == .none)
      #expect(take(&line) == [1, 2])
      // Comes while the writer is at work: nobody starts another, and it is not forgotten.
      #expect(line.add(3) == .none)
      #expect(line.finish() == .goOn)
      #expect(take(&line) == [3])
      #expect(line.finish() == .rest)
      #expect(line.add(4) == .startWriter)
    }

    @Test("A group ends before the commit that would make it too large, in mutations or in bytes")
    func limits() {
      let most = CommitLine<Int>.maximumMutations
      var line = CommitLine<Int>()
      for size in [most - 500, 500, 1, most + 1, 2] { _ = line.add(size) }
      #expect(take(&line) == [most - 500, 500])
      #expect(take(&line) == [1])
      // One that is too large by itself goes alone.
      #expect(take(&line) == [most + 1])
      #expect(take(&line) == [2])

      for size in 1...3 { _ = line.add(size) }
      #expect(take(&line, bytes: CommitLine<Int>.maximumBytes / 2) == [1, 2])
      #expect(take(&line) == [3])
    }
  }
#endif
