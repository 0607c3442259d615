#if Cloud
  public import Datastore

  /// Where a server of the Datastore API listens.
  public struct Endpoint: Sendable, Hashable {
    /// The service of Google Cloud, behind TLS.
    public static let service = Endpoint(host: "datastore.googleapis.com", port: 443)

    /// The host's name or address; an IPv6 address without brackets.
    public var host: String
    /// The port.
    public var port: Int
    /// Whether it speaks HTTP/2 without TLS, as emulators do.
    public var isPlaintext: Bool

    /// Makes an endpoint.
    public init(host: String, port: Int, isPlaintext: Bool = false) {
      self.host = host
      self.port = port
      self.isPlaintext = isPlaintext
    }

    /// Reads the value of `DATASTORE_EMULATOR_HOST`: `localhost:8081`, `[::1]:8081`, also with
    /// `http://` in front.
    ///
    /// - Throws: `DatastoreError` with `invalidArgument` if it is not of that form.
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
        "An emulator's address is a host and a port, such as localhost:8081, and not \"\(text)\".")
    }

    var isIPv4Literal: Bool {
      let parts = host.split(separator: ".", omittingEmptySubsequences: false)
      return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }

    var isIPv6Literal: Bool { host.contains(":") }

    /// Whether it is on this machine, so that nothing goes over a network.
    var isLoopback: Bool {
      host == "localhost" || host == "::1" || isIPv4Literal && host.hasPrefix("127.")
    }
  }

  extension Endpoint: CustomStringConvertible {
    /// Host and port.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
  }
#endif
