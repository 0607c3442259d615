// SPDX-License-Identifier: Apache-2.0
#if SQLite && NIO
  import Foundation

  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #endif

  /// Two `shared-cache-helper`s with one file and one memcached. Everything ends with the last
  /// reference.
  final class SharedCacheRun {
    let server: MemcachedServer
    private let folder: URL
    private let fault: String
    private var helpers: [Process] = []
    private var outputs: [URL] = []

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

    /// Kills one of the two as a crash would, and starts another.
    func restartHelper() throws {
      let index = Int.random(in: 0..<helpers.count)
      Self.kill(helpers[index])
      helpers[index] = try startHelper()
    }

    /// Kills the processes.
    func end() { helpers.forEach(Self.kill) }

    /// What the processes have printed so far.
    func history() throws -> SharedCacheHistory {
      var history = SharedCacheHistory()
      for output in outputs {
        history.add(String(decoding: try Data(contentsOf: output), as: UTF8.self))
      }
      return history
    }

    private func startHelper() throws -> Process {
      let output = folder.appendingPathComponent("output-\(outputs.count)")
      try Data().write(to: output)
      outputs.append(output)
      let process = Process()
      process.executableURL = try Self.executable()
      let path = folder.appendingPathComponent("store").path
      // It ends by itself if the tests were killed.
      process.arguments = [path, "\(server.port)", "300", fault]
      process.standardOutput = try FileHandle(forWritingTo: output)
      try process.run()
      return process
    }

    private static func kill(_ process: Process) {
      if process.isRunning {
        #if canImport(Darwin)
          Darwin.kill(process.processIdentifier, SIGKILL)
        #elseif canImport(Glibc)
          Glibc.kill(process.processIdentifier, SIGKILL)
        #else
          Musl.kill(process.processIdentifier, SIGKILL)
        #endif
      }
      process.waitUntilExit()
    }

    private static func executable() throws -> URL {
      let bundles = Bundle.allBundles.filter { $0.bundlePath.hasSuffix(".xctest") }
      let products =
        bundles.first?.bundleURL.deletingLastPathComponent()
        ?? URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
      let url = products.appendingPathComponent("shared-cache-helper")
      guard FileManager.default.isExecutableFile(atPath: url.path) else {
        throw CocoaError(.fileNoSuchFile, userInfo: [NSFilePathErrorKey: url.path])
      }
      return url
    }
  }
#endif
