#if Cloud
  internal import AsyncHTTPClient
  internal import Datastore
  private import Foundation
  internal import GRPCCore
  internal import GRPCNIOTransportHTTP2Posix
  internal import NIOCore
  internal import NIOHTTP2
  internal import NIOSSL

  extension ServiceConnection {
    private static func security(
      _ configuration: CloudBackend.Configuration
    ) throws(DatastoreError) -> HTTP2ClientTransport.Posix.TransportSecurity {
      if configuration.endpoint.isPlaintext { return .plaintext }
      guard let path = configuration.certificateAuthorities else { return .tls }
      let data = try? Data(contentsOf: URL(fileURLWithPath: path))
      let text = String(decoding: data ?? Data(), as: UTF8.self)
      guard text.contains("-----BEGIN CERTIFICATE-----") else { throw unreadable(path) }
      return .tls { $0.trustRoots = .certificates([.file(path: path, format: .pem)]) }
    }

    private static func unreadable(_ path: String) -> DatastoreError {
      DatastoreError(
        .invalidArgument,
        """
        The certificate authorities in \(path) cannot be read. It is to be a file of certificates in \
        PEM; see SSL_CERT_FILE, or certificateAuthorities of the configuration.
        """)
    }

    /// A client for tokens. It trusts whom the calls trust, and hands no secret on to another server.
    static func httpClient(_ configuration: CloudBackend.Configuration) -> HTTPClient {
      var options = HTTPClient.Configuration(redirectConfiguration: .disallow)
      // Calls do that themselves, with an eye on their deadlines.
      options.connectionPool.retryConnectionEstablishment = false
      if let path = configuration.certificateAuthorities {
        var security = TLSConfiguration.makeClientConfiguration()
        security.trustRoots = .file(path)
        options.tlsConfiguration = security
      }
      return HTTPClient(configuration: options)
    }

    static func transport(
      _ configuration: CloudBackend.Configuration
    ) throws -> HTTP2ClientTransport.Posix {
      let endpoint = configuration.endpoint
      let target: any ResolvableTarget =
        endpoint.isIPv4Literal
        ? .ipv4(address: endpoint.host, port: endpoint.port)
        : endpoint.isIPv6Literal
          ? .ipv6(address: endpoint.host, port: endpoint.port)
          : .dns(host: endpoint.host, port: endpoint.port)
      let security = try security(configuration)
      let config = config(configuration)
      do {
        return try HTTP2ClientTransport.Posix(
          target: target, transportSecurity: security, config: config)
      } catch {
        // Nothing else of it can be wrong.
        guard let path = configuration.certificateAuthorities else { throw error }
        throw unreadable(path)
      }
    }

    private static func config(
      _ configuration: CloudBackend.Configuration
    ) -> HTTP2ClientTransport.Posix.Config {
      .defaults { config in
        // A server that comes back is found soon: calls fail at once while it is away.
        config.backoff = .init(
          initial: .milliseconds(100), max: .seconds(5), multiplier: 1.6, jitter: 0.2)
        // A connection that is dead without saying so is left within the deadline of the calls on it.
        // Without `allowWithoutCalls`, version 2.9.2 of the transport stops looking for good when
        // the first calls have ended. So that servers do not mind the pings, an idle
        // connection is closed after two.
        config.connection.keepalive = .init(
          time: configuration.keepalive, timeout: configuration.keepalive / 2,
          allowWithoutCalls: true)
        config.connection.maxIdleTime = configuration.keepalive * 2
        let limit = configuration.keepalive * 3 / 2
        config.channelDebuggingCallbacks.onCreateTCPConnection = { channel in
          channel.eventLoop.makeCompletedFuture {
            // Behind TLS, whose handshake a proxy in front of a dead server answers.
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(
              FirstReadTimeoutHandler(limit: limit),
              position: .before(try pipeline.handler(type: NIOHTTP2Handler.self)))
          }
        }
        // Lookups come back in megabytes.
        config.http2.targetWindowSize = 8 * 1_024 * 1_024
      }
    }
  }
#endif
