#if Cloud
  internal import NIOCore

  /// Leaves a connection that was made and on which the server says nothing.
  ///
  /// The transport's own look-out begins with the server's first frame. Without one, calls would wait for
  /// this connection to the end of their deadlines, and those after them too, for ever.
  final class MuteServerGuard: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    struct Mute: Error, CustomStringConvertible {
      let limit: Duration
      var description: String {
        "the server has accepted the connection and said nothing for \(limit)"
      }
    }

    private let limit: Duration
    private var timer: Scheduled<Void>?

    init(limit: Duration) { self.limit = limit }

    func channelActive(context: ChannelHandlerContext) {
      let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
      timer = context.eventLoop.scheduleTask(in: TimeAmount(limit)) {
        let (handler, context) = bound.value
        context.fireErrorCaught(Mute(limit: handler.limit))
        context.close(promise: nil)
      }
      context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      timer?.cancel()
      context.fireChannelRead(data)
      context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
      timer?.cancel()
      context.fireChannelInactive()
    }
  }
#endif
