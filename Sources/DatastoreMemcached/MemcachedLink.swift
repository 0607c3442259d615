// SPDX-License-Identifier: Apache-2.0
#if NIO
  internal import DatastoreModel
  internal import NIOCore
  internal import NIOPosix
  private import Synchronization

  /// One connection to the server.
  struct MemcachedConnection: Sendable {
    /// Differs for each connection of a link.
    let number: UInt64
    let channel: any Channel
    let configuration: MemcachedCache.Configuration

    /// Sends commands, and returns their replies in order.
    func send(_ commands: [MemcachedCommand]) async throws -> [MemcachedReply] {
      let promise = channel.eventLoop.makePromise(of: [MemcachedReply].self)
      // The handler fails the promise as soon as the connection ends, and is gone after that.
      channel.writeAndFlush(MemcachedRequest(commands: commands, promise: promise))
        .flatMapErrorThrowing { throw MemcachedFailure.unreachable(configuration, $0) }
        .cascadeFailure(to: promise)
      return try await promise.futureResult.get()
    }
  }

  /// The connection to the server, made anew after it was lost.
  final class MemcachedLink: Sendable {
    private enum State {
      case idle
      case connected(EventLoopFuture<MemcachedConnection>, number: UInt64)
      case failed(any Error, until: NIODeadline)
      case closed
    }

    let configuration: MemcachedCache.Configuration
    private let state = Mutex((current: State.idle, lastNumber: UInt64(0)))

    init(_ configuration: MemcachedCache.Configuration) { self.configuration = configuration }

    /// The connection; a new one if there is none.
    func connection() async throws -> MemcachedConnection {
      try await connecting().get()
    }

    private func connecting() throws -> EventLoopFuture<MemcachedConnection> {
      try state.withLock { state in
        switch state.current {
        case .connected(let connection, _): return connection
        case .failed(let error, let end) where end > .now(): throw error
        case .closed: throw MemcachedFailure.closed
        case .idle, .failed: break
        }
        state.lastNumber += 1
        let connection = connect(state.lastNumber)
        state.current = .connected(connection, number: state.lastNumber)
        return connection
      }
    }

    private func connect(_ number: UInt64) -> EventLoopFuture<MemcachedConnection> {
      let configuration = configuration
      let time = TimeAmount(configuration.requestTime)
      let loop = MultiThreadedEventLoopGroup.singleton.next()
      let connected = ClientBootstrap(group: loop)
        .connectTimeout(time)
        .channelOption(.tcpOption(.tcp_nodelay), value: 1)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandlers(
              ByteToMessageHandler(MemcachedReplyDecoder()),
              MemcachedHandler(requestTime: time) {
                MemcachedFailure.unreachable(configuration, $0)
              })
          }
        }
        .connect(host: configuration.host, port: configuration.port)
        .map { MemcachedConnection(number: number, channel: $0, configuration: configuration) }
        .flatMapErrorThrowing { throw MemcachedFailure.unreachable(configuration, $0) }
      // On another thread: the caller has the lock.
      loop.execute {
        connected.whenFailure { self.failed($0, number) }
        connected.whenSuccess { connection in
          connection.channel.closeFuture.whenComplete { _ in self.lost(number) }
        }
      }
      return connected
    }

    private func failed(_ error: any Error, _ number: UInt64) {
      let end = NIODeadline.now() + TimeAmount(configuration.reconnectPause)
      change(number, to: .failed(error, until: end))
    }

    private func lost(_ number: UInt64) { change(number, to: .idle) }

    /// Unless there is a newer connection.
    private func change(_ number: UInt64, to new: State) {
      state.withLock { state in
        if case .connected(_, number) = state.current { state.current = new }
      }
    }

    func close() async {
      let old = state.withLock { state in
        defer { state.current = .closed }
        return state.current
      }
      guard case .connected(let connecting, _) = old, let connection = try? await connecting.get()
      else { return }
      try? await connection.channel.close()
    }
  }

  /// Why a request fails.
  enum MemcachedFailure {
    static let closed = DatastoreError(
      .failedPrecondition, "The connection to memcached is closed. Make a new MemcachedCache.")

    static func unreachable(
      _ configuration: MemcachedCache.Configuration, _ cause: any Error
    ) -> any Error {
      DatastoreError(
        .unavailable,
        """
        The memcached server at \(configuration.host):\(configuration.port) gave no answer. Check \
        that it runs, and that this host may connect to it.
        """, cause: cause)
    }

    static func withoutCAS(_ configuration: MemcachedCache.Configuration) -> DatastoreError {
      DatastoreError(
        .failedPrecondition,
        """
        The memcached server at \(configuration.host):\(configuration.port) gives values no \
        numbers for "cas", which keep processes from storing old states. Start it without -C.
        """)
    }
  }
#endif
