// SPDX-License-Identifier: Apache-2.0
#if SQLite && Server
  internal import ArgumentParser
  private import DatastoreModel
  internal import DatastoreServer
  private import Dispatch
  private import Synchronization

  struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "serve",
      abstract: "Serves a datastore to the clients of Google's Datastore API.",
      discussion: """
        Every client library can use it in place of Google's emulators. One port answers gRPC, \
        JSON and protobuf over HTTP. Set the variables that the first line names, or those of \
        "arrival serve env".

        Without --data-dir or --database, the data is gone with the process. The server \
        stops at Ctrl-C, SIGTERM, or a POST to /shutdown.

        Exit codes: 0 the server was stopped; 1 it cannot listen on the address; 2 a token, \
        certificate or key file cannot be read; 3 the data cannot be opened; 64 wrong arguments.
        """,
      subcommands: [ServeEnvCommand.self])

    @OptionGroup var address: ServeAddress
    @OptionGroup var storage: ServeStorage
    @OptionGroup var security: ServeSecurity
    @Option(
      help: ArgumentHelp(
        "Accepted for scripts that pass it to Google's emulator. Reads are always consistent.",
        valueName: "share"))
    var consistency: Double?

    func validate() throws {
      if let consistency, !(0...1).contains(consistency) {
        throw ValidationError("--consistency is a number from 0 to 1")
      }
    }

    func run() throws {
      try reporting {
        OpenFileLimit.raise()
        let host = try address.parsed()
        var configuration = DatastoreServer.Configuration(
          host: host.name, port: host.port, tls: try security.tls(), token: try security.token())
        configuration.log = { complain("arrival: \($0)") }
        let server = try DatastoreServer(
          databases: try storage.databases(project: address.project), configuration: configuration)
        storage.warn()
        if !host.isLoopback { security.warn(about: host) }
        let signals = StopSignals(StopSignals.all) { server.beginShutdown() }
        defer { withExtendedLifetime(signals) {} }
        try Self.serve(server) { [address, storage, security] in
          complain(
            "arrival: serving on \($0), \(storage.description). Set: "
              + address.variables(for: $0.description, hasTLS: security.hasTLS)
              .joined(separator: " "))
        }
      }
    }

    /// Blocks until the server has stopped.
    private static func serve(
      _ server: DatastoreServer, _ ready: @escaping @Sendable (DatastoreServer.Address) -> Void
    ) throws {
      // No future: a main thread that blocks for one for so long would be reported.
      let ended = DispatchSemaphore(value: 0)
      let result = Mutex<Result<Void, any Error>>(.success(()))
      Task.detached {
        do {
          try await server.run()
        } catch {
          result.withLock { $0 = .failure(error) }
        }
        ended.signal()
      }
      Task.detached {
        guard let address = await server.address else { return }
        ready(address)
        #if os(Linux)
          // Callers that waited for the start ask whether it is over, which needs more code.
          try? await Task.sleep(for: .seconds(1))
          ProgramPages.giveBack()
        #endif
      }
      ended.wait()
      do {
        try result.withLock { $0 }.get()
      } catch let error as DatastoreError where error.code == .unavailable {
        // The address cannot be used. No database has failed.
        throw ToolFailure(.incomplete, text(of: error))
      }
    }
  }

  struct ServeEnvCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "env",
      abstract: "Prints the variables that clients read, for: eval \"$(arrival serve env)\".")

    @OptionGroup var address: ServeAddress
    @OptionGroup var security: ServeSecurity

    func run() throws {
      try reporting {
        let host = try address.parsed()
        guard host.port != 0 else {
          throw ValidationError("port 0 stands for any free one; name the port of the server")
        }
        var output = Output()
        for variable in address.variables(for: host.description, hasTLS: security.hasTLS) {
          try output.line("export \(variable)")
        }
        try output.flush()
      }
    }
  }
#endif
