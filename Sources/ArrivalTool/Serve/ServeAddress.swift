// SPDX-License-Identifier: Apache-2.0
#if SQLite && Server
  internal import ArgumentParser
  private import DatastoreModel
  private import DatastoreServer

  /// Where the server listens, and what clients are told.
  struct ServeAddress: ParsableArguments {
    @Option(
      name: .long,
      help: ArgumentHelp(
        "The address to listen on: HOST:PORT, HOST, :PORT or PORT. Port 0 takes a free one.",
        valueName: "host:port"))
    var hostPort: String = "127.0.0.1:8081"
    @Option(help: "The host to listen on, instead of that of --host-port.") var host: String?
    @Option(help: "The port to listen on, instead of that of --host-port.") var port: Int?
    @Option(help: "The project that the variables name. Requests may name any project.")
    var project: String = "arrival"

    func validate() throws {
      do {
        try DatabaseName(project: project).check()
      } catch {
        throw ValidationError(error.message)
      }
    }

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
        if !name.isEmpty { parsed.name = String(name) }
        if let number {
          guard let number = Int(number) else { throw unreadable }
          parsed.port = number
        }
      }
      parsed.name = host ?? parsed.name
      parsed.port = port ?? parsed.port
      guard (0...65_535).contains(parsed.port) else {
        throw port.map { ValidationError("--port is a number from 0 to 65535, not \($0)") }
          ?? unreadable
      }
      guard !parsed.name.isEmpty else { throw ValidationError("--host is empty") }
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

    /// The variables that clients read, for a server at an address. Their values are quoted for
    /// the shell.
    func variables(for address: String, hasTLS: Bool) -> [String] {
      // A client cannot connect to an address that stands for all of them.
      var reachable = address
      for (all, loopback) in [("0.0.0.0:", "127.0.0.1:"), ("[::]:", "[::1]:")]
      where address.hasPrefix(all) {
        reachable = loopback + address.dropFirst(all.count)
      }
      return [
        ("DATASTORE_EMULATOR_HOST", reachable),
        ("DATASTORE_EMULATOR_HOST_PATH", "\(reachable)/datastore"),
        ("DATASTORE_HOST", "\(hasTLS ? "https" : "http")://\(reachable)"),
        ("DATASTORE_DATASET", project),
        ("DATASTORE_PROJECT_ID", project),
      ].map { name, value in "\(name)=\(Self.quoted(value))" }
    }

    /// A text as one word of a shell.
    static func quoted(_ text: String) -> String {
      let isPlain = text.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
          || [0x2D, 0x2E, 0x2F, 0x3A, 0x5F].contains($0)
      }
      return isPlain && !text.isEmpty ? text : "'\(text.replacing("'", with: "'\\''"))'"
    }
  }
#endif
