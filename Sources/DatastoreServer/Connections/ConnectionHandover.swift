// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import NIOCore

  /// Hands the connections that turned out to be of HTTP/2 to grpc-swift's transport, which reads
  /// them from the listening channel.
  ///
  /// The listening channel reads accepted sockets, which must pass to its end to be registered.
  /// Connections arrive later, as events. Around the transport's handler stand this one and
  /// ``Exit``: sockets go past the transport, and connections no further than to it.
  final class ConnectionHandover<Connection: Sendable>: ChannelInboundHandler {
    typealias InboundIn = Any
    typealias InboundOut = Connection

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let exit = try? context.pipeline.syncOperations.context(handlerType: Exit.self)
      exit?.fireChannelRead(data)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
      guard let connection = event as? Connection else {
        return context.fireUserInboundEventTriggered(event)
      }
      context.fireChannelRead(wrapInboundOut(connection))
      context.fireChannelReadComplete()
    }

    /// Ends the way of connections, which the channel itself does not know.
    final class Exit: ChannelInboundHandler {
      typealias InboundIn = Connection

      func channelRead(context: ChannelHandlerContext, data: NIOAny) {}
    }
  }
#endif
