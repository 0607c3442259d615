// SPDX-License-Identifier: Apache-2.0
#if Cloud
  internal import AsyncHTTPClient
  internal import DatastoreModel
  internal import DatastoreProtos
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
        The certificate authorities in \(path) cannot be read. Name a PEM file of certificates in \
        SSL_CERT_FILE or in the configuration's certificateAuthorities.
        """)
    }

    /// The HTTP client that fetches tokens. It trusts the same certificate authorities as the calls
    /// do, and follows no redirect, so that no secret reaches another server.
    static func httpClient(_ configuration: CloudBackend.Configuration) -> HTTPClient {
      var options = HTTPClient.Configuration(redirectConfiguration: .disallow)
      // Calls retry by themselves, within their deadlines.
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
        // Only the certificate file can be wrong.
        guard let path = configuration.certificateAuthorities else { throw error }
        throw unreadable(path)
      }
    }

    private static func config(
      _ configuration: CloudBackend.Configuration
    ) -> HTTP2ClientTransport.Posix.Config {
      .defaults { config in
        // Short waits find a restarted server soon; calls fail at once while it is away.
        config.backoff = .init(
          initial: .milliseconds(100), max: .seconds(5), multiplier: 1.6, jitter: 0.2)
        // Keepalive closes a dead connection within the deadline of the calls on it. Without
        // `allowWithoutCalls`, version 2.9.2 of the transport stops its keepalive for good when the
        // first calls have ended. An idle connection is closed after two pings, because servers
        // refuse clients that ping too much.
        config.connection.keepalive = .init(
          time: configuration.keepalive, timeout: configuration.keepalive / 2,
          allowWithoutCalls: true)
        config.connection.maxIdleTime = configuration.keepalive * 2
        let limit = configuration.keepalive * 3 / 2
        config.channelDebuggingCallbacks.onCreateTCPConnection = { channel in
          channel.eventLoop.makeCompletedFuture {
            // After TLS: a proxy in front of a dead server completes the handshake.
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(
              FirstReadTimeoutHandler(limit: limit),
              position: .before(try pipeline.handler(type: NIOHTTP2Handler.self)))
          }
        }
        // Replies to lookups have megabytes.
        config.http2.targetWindowSize = 8 * 1_024 * 1_024
      }
    }
  }
#endif
