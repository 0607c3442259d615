// SPDX-License-Identifier: Apache-2.0
#if Cloud
  import Arrival
  import ArrivalDatastore
  import DatastoreCloud
  import Foundation
  import Synchronization

  /// A server that runs for as long as the tests do, and that they share.
  ///
  /// It ends with the process of the tests, however that ends: a shell beside it waits for the end
  /// of a pipe, and then ends it by its ID.
  final class Emulator: Sendable {
    let endpoint: Endpoint
    /// For cases that come by the hundred: all at once, each step of one would wait for all
    /// others', and transactions would be open for minutes.
    let turns: Turns
    private let server: ServerProcess?

    private init(_ endpoint: Endpoint, _ server: ServerProcess?, _ kind: EmulatorKind) {
      self.endpoint = endpoint
      // Most of what cases do on the Firestore emulator is to wait for its locks, 2 s each.
      turns = Turns(kind == .classic || kind == .classicInFirestoreMode ? 8 : 32)
      self.server = server
    }

    private static let running = Mutex<[EmulatorKind: Future<Emulator>]>([:])

    /// The server, started if need be. One that is installed and does not come up is a failure.
    static func shared(_ kind: EmulatorKind) async throws -> Emulator {
      let future = running.withLock { running in
        if let future = running[kind] { return future }
        let future = Future("starting \(kind)") { try await start(kind) }
        running[kind] = future
        return future
      }
      return try await future.value
    }

    private static func start(_ kind: EmulatorKind) async throws -> Emulator {
      if let address = EmulatorKind.givenAddress {
        return Emulator(try Endpoint(emulator: address), nil, kind)
      }
      let port = try freePort()
      return Emulator(
        Endpoint(host: "127.0.0.1", port: port, isPlaintext: true),
        try await server(kind, port: port), kind)
    }

    /// A server of one's own, once it answers. What it has stored is gone when it ends.
    static func server(_ kind: EmulatorKind, port: Int) async throws -> ServerProcess {
      let folder = FileManager.default.temporaryDirectory
        .appending(path: "arrival-emulator-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let server = try ServerProcess(
        ["java"] + kind.arguments(port: port, folder: folder.path), folder: folder)
      try await server.waitForLine(containing: "Dev App Server is now running")
      return server
    }

    /// A backend for a project of its own. Namespaces do not keep tests apart: two transactions on
    /// the same path in two namespaces abort each other in the Datastore emulator.
    func backend(
      project: String = "demo-\(UInt32.random(in: 0...(.max)))",
      _ change: (inout CloudBackend.Configuration) -> Void = { _ in }
    ) throws -> CloudBackend {
      var configuration = CloudBackend.Configuration(project: project, endpoint: endpoint)
      configuration.bePatient()
      change(&configuration)
      return try CloudBackend(configuration)
    }
  }

  extension CloudBackend.Configuration {
    /// The machine may be busy with other tests: what is not about time is not held to any.
    mutating func bePatient() {
      deadline = .seconds(600)
      keepalive = .seconds(300)
    }
  }
#endif
