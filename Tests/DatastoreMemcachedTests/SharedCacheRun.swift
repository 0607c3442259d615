// SPDX-License-Identifier: Apache-2.0
#if SQLite && NIO
  import Foundation
  import TestPrograms

  /// Two `shared-cache-helper`s with one file and one memcached. Everything ends with the last
  /// reference.
  final class SharedCacheRun {
    let server: MemcachedServer
    private let folder: URL
    private let fault: String
    private let printed = PrintedLines()
    private var helpers: [Process] = []

    init(fault: String = "none") async throws {
      server = try await MemcachedServer()
      self.fault = fault
      folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("arrival-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      for _ in 0..<2 { helpers.append(try startHelper()) }
    }

    deinit {
      end()
      try? FileManager.default.removeItem(at: folder)
    }

    /// Suspends until the processes have printed so many more lines.
    func lines(_ count: Int) async { await printed.wait(for: count) }

    /// Kills one of the two as a crash would, and starts another.
    func restartHelper() throws {
      let index = Int.random(in: 0..<helpers.count)
      helpers[index].killAndWait()
      helpers[index] = try startHelper()
    }

    /// Kills the processes.
    func end() { for helper in helpers { helper.killAndWait() } }

    /// What the processes have printed so far.
    func history() -> SharedCacheHistory {
      var history = SharedCacheHistory()
      for text in printed.texts { history.add(text) }
      return history
    }

    private func startHelper() throws -> Process {
      let process = Process()
      process.executableURL = try TestProgram.url("shared-cache-helper")
      let path = folder.appendingPathComponent("store").path
      // It ends by itself if the tests were killed.
      process.arguments = [path, "\(server.port)", "300", fault]
      process.standardOutput = printed.pipe()
      try process.run()
      return process
    }
  }
#endif
