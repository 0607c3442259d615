// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import NIOCore

  /// Waits for a connection's first bytes, which tell HTTP/2 from HTTP/1.1, has the rest of the
  /// pipeline made, and leaves.
  final class ProtocolSniffer: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// What every client of HTTP/2 sends first.
    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    private let patience: TimeAmount
    private let configure: (any Channel, _ isHTTP2: Bool) throws -> Void
    private var received = ByteBuffer()
    private var isDecided = false
    private var limit: Scheduled<Void>?

    /// - Parameters:
    ///   - patience: How long the connection may be silent.
    ///   - configure: Adds the handlers of the protocol.
    init(
      patience: TimeAmount,
      configure: @escaping (any Channel, _ isHTTP2: Bool) throws -> Void
    ) {
      self.patience = patience
      self.configure = configure
    }

    func handlerAdded(context: ChannelHandlerContext) {
      limit = context.eventLoop.assumeIsolated().scheduleTask(in: patience) {
        context.close(promise: nil)
      }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      var bytes = unwrapInboundIn(data)
      received.writeBuffer(&bytes)
      guard !isDecided, let isHTTP2 = verdict else { return }
      isDecided = true
      limit?.cancel()
      do {
        try configure(context.channel, isHTTP2)
      } catch {
        return context.close(promise: nil)
      }
      context.fireChannelRead(wrapInboundOut(received))
      context.fireChannelReadComplete()
      received = ByteBuffer()
      context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    /// Whether it is HTTP/2; `nil` for too few bytes to tell.
    private var verdict: Bool? {
      let common = min(received.readableBytes, Self.preface.count)
      guard received.readableBytesView.prefix(common).elementsEqual(Self.preface.prefix(common))
      else { return false }
      return common == Self.preface.count ? true : nil
    }

    /// At a shutdown, closes a connection that has asked for nothing yet.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
      if event is ChannelShouldQuiesceEvent, !isDecided { context.close(promise: nil) }
      context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
      limit?.cancel()
      context.fireChannelInactive()
    }
  }
#endif
