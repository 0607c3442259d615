// SPDX-License-Identifier: Apache-2.0
#if SQLite && Server
  internal import ArgumentParser

  /// Where the server listens, and what clients are told.
  struct ServeAddress: ParsableArguments {
    @Option(
      name: .long,
      help: ArgumentHelp(
        "The address to listen on: HOST:PORT, HOST or PORT. Port 0 takes a free one.",
        valueName: "host:port"))
    var hostPort: String = "127.0.0.1:8081"
    @Option(help: "The host to listen on, instead of that of --host-port.") var host: String?
    @Option(help: "The port to listen on, instead of that of --host-port.") var port: Int?
    @Option(help: "The project that the variables name. Requests may name any project.")
    var project: String = "arrival"

    /// A host and a port.
    struct Host: Sendable, CustomStringConvertible {
      var name: String
      var port: Int

      var isLoopback: Bool {
        name == "localhost" || name == "::1" || name.hasPrefix("127.")
      }

      var description: String { name.contains(":") ? "[\(name)]:\(port)" : "\(name):\(port)" }
    }

    func parsed() throws -> Host {
      var parsed = Host(name: "127.0.0.1", port: 8_081)
      if let number = Int(hostPort) {
        parsed.port = number
      } else {
        let (name, number) = Self.split(hostPort)
        parsed.name = String(name)
        if let number {
          guard let number = Int(number) else { throw unreadable }
          parsed.port = number
        }
      }
      parsed.name = host ?? parsed.name
      parsed.port = port ?? parsed.port
      guard !parsed.name.isEmpty, (0...65_535).contains(parsed.port) else { throw unreadable }
      return parsed
    }

    private static func split(_ text: String) -> (name: Substring, port: Substring?) {
      if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
        let name = text[text.index(after: text.startIndex)..<end]
        let rest = text[text.index(after: end)...]
        return (name, rest.hasPrefix(":") ? rest.dropFirst() : nil)
      }
      let colons = text.filter { $0 == ":" }.count
      guard colons == 1, let colon = text.firstIndex(of: ":") else { return (text[...], nil) }
      return (text[..<colon], text[text.index(after: colon)...])
    }

    private var unreadable: ValidationError {
      ValidationError("--host-port is HOST:PORT, such as 127.0.0.1:8081, not \"\(hostPort)\"")
    }

    /// The variables that clients read, for a server at an address.
    func variables(for address: String) -> [String] {
      // A client cannot connect to an address that stands for all of them.
      var reachable = address
      for (all, loopback) in [("0.0.0.0:", "127.0.0.1:"), ("[::]:", "[::1]:")]
      where address.hasPrefix(all) {
        reachable = loopback + address.dropFirst(all.count)
      }
      return [
        "DATASTORE_EMULATOR_HOST=\(reachable)",
        "DATASTORE_EMULATOR_HOST_PATH=\(reachable)/datastore",
        "DATASTORE_HOST=http://\(reachable)",
        "DATASTORE_DATASET=\(project)",
        "DATASTORE_PROJECT_ID=\(project)",
      ]
    }
  }
#endif
