// SPDX-License-Identifier: Apache-2.0
#if NIO
  import Testing

  /// The checker itself.
  @Suite struct SharedCacheHistoryCheckTests {
    @Test func `A read is stale if it began after a greater count was known`() {
      var history = SharedCacheHistory()
      history.add("w 1 5 10 20\nh 1 4 15 30\nh 1 4 21 30\nh 2 0 21 30\nm 1 5 21 30\nh 1 4 40 50")
      #expect(history.operations.count == 5)
      #expect(
        history.staleReads(after: [.write])
          == [.init(kind: .hit, key: 1, count: 4, begin: 21, end: 30)])
      history.add("d 1 6 40 50\nf aborted\nh 1 5 45 60\nh 1 5 51 60\n")
      #expect(history.staleReads(after: [.write]).count == 1)
      #expect(history.staleReads(after: [.write, .hit, .miss, .direct]).count == 2)
    }
  }
#endif
