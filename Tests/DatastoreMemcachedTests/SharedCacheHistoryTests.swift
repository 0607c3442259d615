// SPDX-License-Identifier: Apache-2.0
#if SQLite && NIO
  import Foundation
  import Testing

  /// Processes that write and read one file through one memcached, while processes are killed.
  @Suite(
    .serialized,
    .enabled(if: MemcachedServer.isInstalled, Comment(rawValue: MemcachedServer.isMissing)))
  struct SharedCacheHistoryTests {
    /// `ARRIVAL_STRESS=1` disturbs for minutes.
    private static let rounds =
      ProcessInfo.processInfo.environment["ARRIVAL_STRESS"] == "1" ? 600 : 16

    @Test func `After a commit has returned no process reads what was before, whatever is killed`()
      async throws
    {
      let run = try await SharedCacheRun()
      for _ in 0..<Self.rounds {
        try await Task.sleep(for: .milliseconds(.random(in: 20...250)))
        switch Int.random(in: 0..<4) {
        case 0:
          run.server.kill()
          try await run.server.start()
        case 1:
          run.server.pause()
          try await Task.sleep(for: .milliseconds(.random(in: 1...700)))
          run.server.resume()
        default: try run.restartHelper()
        }
      }
      let history = try run.history()
      #expect(history.staleReads(after: [.write]) == [])
      #expect(history.count(of: .hit) > 20, "\(history.summary)")
      #expect(history.count(of: .write) > 20, "\(history.summary)")
    }

    @Test func `While the cache lives, no process reads what is older than any earlier read`()
      async throws
    {
      let run = try await SharedCacheRun()
      for _ in 0..<Self.rounds / 2 {
        try await Task.sleep(for: .milliseconds(.random(in: 20...250)))
        try run.restartHelper()
      }
      let history = try run.history()
      #expect(history.staleReads(after: [.write, .hit, .miss, .direct]) == [])
      #expect(history.count(of: .hit) > 20, "\(history.summary)")
    }

    @Test func `The checker finds old values if writers take no locks`() async throws {
      let run = try await SharedCacheRun(fault: "unlocked")
      try await Task.sleep(for: .seconds(2))
      let history = try run.history()
      #expect(history.staleReads(after: [.write, .hit, .miss, .direct]) != [])
    }
  }
#endif
