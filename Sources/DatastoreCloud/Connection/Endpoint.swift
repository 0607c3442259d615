// SPDX-License-Identifier: Apache-2.0
#if Cloud
  public import DatastoreModel
  internal import DatastoreProtos

  /// The address of a server of the Datastore API.
  public struct Endpoint: Sendable, Hashable {
    /// Google Cloud's service, over TLS.
    public static let service = Endpoint(host: "datastore.googleapis.com", port: 443)

    /// The host name or IP address. IPv6 addresses have no brackets.
    public var host: String
    /// The TCP port.
    public var port: Int
    /// Whether the server speaks HTTP/2 without TLS, as emulators do.
    public var isPlaintext: Bool

    /// Creates an endpoint.
    public init(host: String, port: Int, isPlaintext: Bool = false) {
      self.host = host
      self.port = port
      self.isPlaintext = isPlaintext
    }

    /// Parses the value of `DATASTORE_EMULATOR_HOST`, such as `localhost:8081` or `[::1]:8081`,
    /// with or without a leading `http://`.
    ///
    /// - Throws: `DatastoreError` with the code `invalidArgument` if the text has another form.
    public init(emulator text: String) throws(DatastoreError) {
      var rest = text[...]
      if rest.hasPrefix("http://") { rest = rest.dropFirst("http://".count) }
      if rest.hasSuffix("/") { rest = rest.dropLast() }
      guard let colon = rest.lastIndex(of: ":"),
        let port = UInt16(rest[rest.index(after: colon)...]),
        port > 0
      else { throw Self.unreadable(text) }
      var host = rest[..<colon]
      if host.hasPrefix("["), host.hasSuffix("]") {
        host = host.dropFirst().dropLast()
      } else if host.contains(":") {
        throw Self.unreadable(text)
      }
      guard !host.isEmpty, !host.contains("/") else { throw Self.unreadable(text) }
      self.init(host: String(host), port: Int(port), isPlaintext: true)
    }

    private static func unreadable(_ text: String) -> DatastoreError {
      DatastoreError(
        .invalidArgument,
        """
        "\(text)" is not the address of an emulator. Write a host and a port, such as \
        localhost:8081.
        """)
    }

    var isIPv4Literal: Bool {
      let parts = host.split(separator: ".", omittingEmptySubsequences: false)
      return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }

    var isIPv6Literal: Bool { host.contains(":") }

    /// Whether the host is this machine, so that nothing crosses a network.
    var isLoopback: Bool {
      host == "localhost" || host == "::1" || isIPv4Literal && host.hasPrefix("127.")
    }
  }

  extension Endpoint: CustomStringConvertible {
    /// The host and the port, such as `localhost:8081`.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
  }
#endif
