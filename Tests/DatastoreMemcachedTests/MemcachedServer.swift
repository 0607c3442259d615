// SPDX-License-Identifier: Apache-2.0
#if NIO
  import DatastoreMemcached
  import Foundation
  import NIOCore
  import NIOPosix
  import Synchronization
  import TestPrograms

  /// A memcached of the tests on a port of its own. It is killed with the last reference.
  final class MemcachedServer: Sendable {
    /// Why tests are skipped.
    static let isMissing = "memcached is not installed (apt-get install memcached)"

    static let path = [
      "/usr/bin/memcached", "/usr/local/bin/memcached", "/opt/homebrew/bin/memcached",
    ]
    .first { FileManager.default.isExecutableFile(atPath: $0) }
    static var isInstalled: Bool { path != nil }

    let port: Int
    private let options: [String]
    private let process = Mutex<Process?>(nil)

    init(_ options: [String] = []) async throws {
      let probe = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
        .bind(host: "127.0.0.1", port: 0).get()
      port = probe.localAddress?.port ?? 0
      try await probe.close()
      self.options = options
      try await start()
    }

    deinit {
      kill()
    }

    /// Starts it on its port, and waits until it answers.
    func start() async throws {
      guard let path = Self.path else { throw CocoaError(.fileNoSuchFile) }
      let process = Process()
      process.executableURL = URL(fileURLWithPath: path)
      process.arguments = ["-l", "127.0.0.1", "-p", "\(port)", "-U", "0", "-m", "64"] + options
      if getuid() == 0 { process.arguments?.append(contentsOf: ["-u", "nobody"]) }
      process.standardError = FileHandle.nullDevice
      try process.run()
      self.process.withLock { $0 = process }
      let limit = ContinuousClock.now + .seconds(30)
      while ContinuousClock.now < limit {
        let channel = try? await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
          .connect(host: "127.0.0.1", port: port).get()
        if let channel { return try await channel.close() }
        await Task.yield()
      }
      throw CocoaError(.executableLoad)
    }

    /// Kills it as a crash would.
    func kill() {
      process.withLock {
        $0?.killAndWait()
        $0 = nil
      }
    }

    /// Stops it without an end, as a host that is too busy.
    func pause() { process.withLock { $0?.send(SIGSTOP) } }

    func resume() { process.withLock { $0?.send(SIGCONT) } }
  }
#endif
