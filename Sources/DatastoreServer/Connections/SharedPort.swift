// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import GRPCNIOTransportHTTP2Posix
  internal import NIOCore
  internal import NIOHTTP1
  internal import NIOHTTP2
  internal import NIOPosix
  internal import NIOSSL

  /// The one port for gRPC and HTTP/1.1.
  ///
  /// grpc-swift's transport accepts connections from a listener of ours. Each new connection shows
  /// by its first bytes what it is. HTTP/2 is handed to the transport. HTTP/1.1 gets a pipeline of
  /// its own, and the transport never hears of it.
  struct SharedPort: HTTP2ServerTransport.ListenerFactory {
    typealias Connection = HTTP2ServerTransport.ConnectionConfigurator.ConnectionChannel

    let eventLoopGroup: any EventLoopGroup
    let host: String
    let port: Int
    let tls: NIOSSLContext?
    /// How long a connection may be silent before its first bytes.
    let patience: TimeAmount
    /// Writes a line into the server's log.
    let log: @Sendable (String) -> Void
    /// Makes the handler of an HTTP/1.1 connection.
    let makeHTTPHandler: @Sendable () -> HTTPHandler
    /// Called when a connection of HTTP/2 is closed, with the peer's name as handlers see it.
    let peerLeft: @Sendable (String) -> Void

    func makeListeningChannel(
      listenerConfigurator: HTTP2ServerTransport.ListenerConfigurator,
      connectionConfigurator: HTTP2ServerTransport.ConnectionConfigurator
    ) async throws -> NIOAsyncChannel<Connection, Never> {
      let listener = try await ServerBootstrap(group: eventLoopGroup)
        .serverChannelOption(.backlog, value: 1_024)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        // Nothing is accepted before the handlers below are in place.
        .serverChannelOption(.autoRead, value: false)
        .serverChannelInitializer { listenerConfigurator.configure(channel: $0) }
        .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
        .childChannelOption(.socketOption(.so_keepalive), value: 1)
        .childChannelInitializer { channel in
          channel.eventLoop.makeCompletedFuture { try prepare(channel, connectionConfigurator) }
        }
        .bind(host: host, port: port).get()
      return try await listener.eventLoop.submit {
        let pipeline = listener.pipeline.syncOperations
        try pipeline.addHandler(makeBackoff())
        try pipeline.addHandler(ConnectionHandover<Connection>())
        let wrapped = try NIOAsyncChannel<Connection, Never>(
          wrappingChannelSynchronously: listener)
        try pipeline.addHandler(ConnectionHandover<Connection>.Exit())
        try listener.syncOptions?.setOption(.autoRead, value: true)
        return wrapped
      }.get()
    }

    /// Goes on after a connection that cannot be accepted, because all files are in use.
    ///
    /// Without this, the error would end the transport.
    private func makeBackoff() -> AcceptBackoffHandler {
      var nextLine = NIODeadline.now()
      return AcceptBackoffHandler(shouldForwardIOErrorCaught: false) { [log] error in
        if NIODeadline.now() >= nextLine {
          nextLine = .now() + .seconds(10)
          log("A connection was not accepted: \(error). Raise the limit of open files (ulimit -n).")
        }
        return .milliseconds(100)
      }
    }

    private func prepare(
      _ channel: any Channel, _ configurator: HTTP2ServerTransport.ConnectionConfigurator
    ) throws {
      let pipeline = channel.pipeline.syncOperations
      if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
      try pipeline.addHandler(
        ProtocolSniffer(patience: patience) { channel, isHTTP2 in
          isHTTP2 ? serveHTTP2(channel, configurator) : try serveHTTP1(channel)
        })
    }

    private func serveHTTP2(
      _ channel: any Channel, _ configurator: HTTP2ServerTransport.ConnectionConfigurator
    ) {
      let peer = Self.name(of: channel)
      channel.closeFuture.whenComplete { [peerLeft] _ in peerLeft(peer) }
      configurator.configure(
        channel: channel, tls: tls == nil ? .none : .configured(requireALPN: false)
      ).whenComplete { result in
        switch result {
        case .success(let connection):
          channel.parent?.pipeline.fireUserInboundEventTriggered(connection)
        case .failure: channel.close(promise: nil)
        }
      }
    }

    private func serveHTTP1(_ channel: any Channel) throws {
      let pipeline = channel.pipeline.syncOperations
      try pipeline.configureHTTPServerPipeline(
        withPipeliningAssistance: true, withErrorHandling: true)
      try pipeline.addHandler(makeHTTPHandler())
    }

    /// The peer's name in grpc-swift's form.
    private static func name(of channel: any Channel) -> String {
      guard let address = channel.remoteAddress, let host = address.ipAddress,
        let port = address.port
      else { return "" }
      return address.protocol == .inet6 ? "ipv6:[\(host)]:\(port)" : "ipv4:\(host):\(port)"
    }
  }
#endif
