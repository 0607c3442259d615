// SPDX-License-Identifier: Apache-2.0
// The public types are here and in `Requests`, what the server does in folders, from the bottom:
//
// - Requests: requests and replies of the API, answered from a backend
// - GRPC: the same over gRPC
// - HTTP: messages of HTTP/1.1, and which of them browsers may send
// - Viewer: pages that show and change the data in a browser
// - Routes: what is answered over HTTP/1.1
// - Connections: one port for both

#if Server
  public import DatastoreModel
  internal import GRPCCore
  internal import GRPCNIOTransportHTTP2Posix
  internal import NIOCore
  internal import NIOPosix
  internal import NIOSSL
  public import ServiceLifecycle
  private import Synchronization

  /// Serves a backend to the clients of Google's Datastore API, in any language.
  ///
  /// ```swift
  /// let server = try DatastoreServer(backend: try SQLiteBackend(path: "shop.db"))
  /// let group = ServiceGroup(services: [server], logger: logger)
  /// ```
  ///
  /// One port answers gRPC and HTTP/1.1: the API's eight methods over gRPC, as JSON and as
  /// protobuf, `GET /` with "Ok" or, in a browser, a data viewer, and `POST /reset` and
  /// `POST /shutdown`. See <doc:ServingTheDatastore>.
  public final class DatastoreServer: Service {
    private typealias Transport = HTTP2ServerTransport.Custom<SharedPort>

    /// How it serves.
    public let configuration: Configuration

    private let provider: any DatabaseProvider
    private let transactions = TransactionTable()
    private let server: GRPCServer<Transport>
    private let shutdown: ShutdownSignal
    private let executor = RequestExecutor(MultiThreadedEventLoopGroup.singleton)

    /// Makes a server of one backend, which it closes at its end.
    ///
    /// The server calls the backend on its event loops, so the backend must not block.
    ///
    /// The backend serves the default database of every project. Nothing listens before ``run()``.
    ///
    /// - Throws: `DatastoreError` with `invalidArgument` for a certificate that cannot be used.
    public convenience init(
      backend: any DatastoreBackend, configuration: Configuration = Configuration()
    ) throws {
      try self.init(databases: SingleStore(backend), configuration: configuration)
    }

    /// Makes a server of many databases.
    ///
    /// - Throws: `DatastoreError` with `invalidArgument` for a certificate that cannot be used.
    public init(
      databases: any DatabaseProvider, configuration: Configuration = Configuration()
    ) throws {
      self.configuration = configuration
      provider = databases
      let shutdown = ShutdownSignal()
      self.shutdown = shutdown
      let handler = RequestHandler(databases, transactions)
      let gate = RequestGate(token: configuration.token, log: configuration.log)
      let limit = configuration.maxRequestBytes
      let origins = BrowserOrigins(host: configuration.host)
      let routes = HTTPRoutes(
        handler: handler, gate: gate, origins: origins,
        viewer: Viewer(provider: databases, gate: gate, origins: origins, maxBytes: limit),
        shutDown: { shutdown.send() })
      let port = SharedPort(
        eventLoopGroup: MultiThreadedEventLoopGroup.singleton, host: configuration.host,
        port: configuration.port, tls: try configuration.tls?.context(), patience: .seconds(60),
        log: configuration.log,
        makeHTTPHandler: {
          HTTPHandler(
            maxBodyBytes: limit, refusal: { HTTPRoutes.refusal(of: $0, bytes: $1, limit: limit) },
            respond: routes.respond)
        }, peerLeft: { [transactions] in transactions.peerLeft($0) })
      let transport = Transport(
        listenerFactory: port, config: Self.transportConfiguration(maxRequestBytes: limit))
      server = GRPCServer(
        transport: transport,
        services: [
          DatastoreGRPCService(handler: handler, gate: gate, executor: executor), HealthService(),
          ReflectionService(),
        ])
    }

    private static func transportConfiguration(maxRequestBytes limit: Int) -> Transport.Config {
      var config = Transport.Config.defaults
      // The guard in front of the stream refuses larger ones with a sentence.
      config.rpc.maxRequestPayloadSize = limit
      // For requests. Replies are sent as they are.
      config.compression.enabledAlgorithms = [.gzip, .deflate]
      config.http2.targetWindowSize = 1_024 * 1_024
      config.http2.maxConcurrentStreams = 256
      // Clients may ping as often as they like.
      config.connection.keepalive.clientBehavior.allowWithoutCalls = true
      config.connection.keepalive.clientBehavior.minPingIntervalWithoutCalls = .milliseconds(1)
      // The parts of a reply, which its task writes in one turn of the loop, leave together.
      config.connection.flushCoalescing = .init(maxFlushDelay: .zero, maxBytes: 64 * 1_024)
      config.channelDebuggingCallbacks.onAcceptHTTP2Stream = { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            RequestSizeGuard(limit: limit), position: .first)
        }
      }
      return config
    }

    /// The address that the server listens on; `nil` once it has stopped.
    ///
    /// Suspends until the server listens.
    public var address: Address? {
      get async {
        guard let address = await server.transport.listeningAddress else { return nil }
        if let v4 = address.ipv4 { return Address(host: v4.host, port: v4.port) }
        if let v6 = address.ipv6 { return Address(host: v6.host, port: v6.port) }
        return nil
      }
    }

    /// Serves until a graceful shutdown, a cancellation, or a request to `/shutdown`.
    ///
    /// At a shutdown, requests in flight have ``Configuration/shutdownLimit`` to end. Then the
    /// backends are closed.
    ///
    /// - Throws: `DatastoreError` if the address is taken or cannot be used, or the error that
    ///   closing the backends throws.
    public func run() async throws {
      let served = await serve()
      try await Task { [provider] in try await provider.close() }.value
      if case .failure(let error) = served, !(error is CancellationError) {
        let address = Address(host: configuration.host, port: configuration.port)
        throw ListenFailure.error(error, address: "\(address)", port: address.port)
      }
    }

    private func serve() async -> Result<Void, any Error> {
      await withGracefulShutdownHandler {
        await withTaskGroup(of: Result<Void, any Error>?.self) { group in
          group.addTask(executorPreference: executor) { [server] in
            do { return .success(try await server.serve()) } catch { return .failure(error) }
          }
          group.addTask { [transactions] in
            while !Task.isCancelled {
              try? await Task.sleep(for: .milliseconds(500))
              await transactions.expire()
            }
            return nil
          }
          group.addTask { [server, shutdown, limit = configuration.shutdownLimit] in
            await shutdown.wait()
            server.beginGracefulShutdown()
            if !Task.isCancelled { try? await Task.sleep(for: limit) }
            // Over the limit: the group cancels what is still being served.
            return Task.isCancelled ? nil : .success(())
          }
          var result: Result<Void, any Error> = .success(())
          for await ended in group {
            if let ended {
              result = ended
              break
            }
          }
          group.cancelAll()
          return result
        }
      } onGracefulShutdown: { [shutdown] in
        shutdown.send()
      }
    }

    /// Begins a shutdown, as `POST /shutdown` does. ``run()`` returns at its end.
    public func beginShutdown() { shutdown.send() }
  }

  extension DatastoreServer {
    /// An address to connect to.
    public struct Address: Sendable, Hashable, CustomStringConvertible {
      /// The host's address.
      public var host: String
      /// The port.
      public var port: Int

      /// The form that clients read: `127.0.0.1:8081` or `[::1]:8081`.
      public var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
      }
    }
  }

  /// A signal that is sent once, from anywhere.
  final class ShutdownSignal: Sendable {
    private let (stream, continuation) = AsyncStream<Void>.makeStream()

    func send() { continuation.finish() }

    /// Returns when the signal was sent, or at cancellation.
    func wait() async { for await _ in stream {} }
  }
#endif
