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

    private static let everything: Set<SharedCacheHistory.Kind> = [.write, .hit, .miss, .direct]

    /// Disturbs the processes after random numbers of operations, and goes on until they have read
    /// from the cache.
    private func disturb(
      _ run: SharedCacheRun, rounds: Int, _ disturbance: () async throws -> Void
    ) async throws -> SharedCacheHistory {
      for round in 0..<rounds * 10 {
        if round >= rounds, round % 8 == 0, run.history().count(of: .hit) > 20 { break }
        await run.lines(.random(in: 20...1_000))
        try await disturbance()
      }
      run.end()
      let history = run.history()
      #expect(history.count(of: .hit) > 20, "\(history.summary)")
      #expect(history.count(of: .write) > 20, "\(history.summary)")
      return history
    }

    @Test func `After a commit has returned no process reads what was before, whatever is killed`()
      async throws
    {
      let run = try await SharedCacheRun()
      let history = try await disturb(run, rounds: Self.rounds) {
        switch Int.random(in: 0..<4) {
        case 0:
          run.server.kill()
          try await run.server.start()
        case 1:
          run.server.pause()
          // Each of the six tasks prints a line in the half second that a request may take.
          await run.lines(.random(in: 1...12))
          run.server.resume()
        default: try run.restartHelper()
        }
      }
      #expect(history.staleReads(after: [.write]) == [])
    }

    @Test func `While the cache lives, no process reads what is older than any earlier read`()
      async throws
    {
      let run = try await SharedCacheRun()
      let history = try await disturb(run, rounds: Self.rounds / 2) { try run.restartHelper() }
      #expect(history.staleReads(after: Self.everything) == [])
    }

    @Test func `The checker finds old values if writers take no locks`() async throws {
      let run = try await SharedCacheRun(fault: "unlocked")
      for _ in 0..<30 where run.history().staleReads(after: Self.everything) == [] {
        await run.lines(1_000)
      }
      run.end()
      #expect(run.history().staleReads(after: Self.everything) != [])
    }
  }
#endif
