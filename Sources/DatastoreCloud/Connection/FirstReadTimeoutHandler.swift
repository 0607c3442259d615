// SPDX-License-Identifier: Apache-2.0
#if Cloud
  internal import Arrival
  internal import NIOCore

  /// Closes a new connection on which the server sends nothing within a time limit.
  ///
  /// The transport's own keepalive starts with the server's first frame. If that frame never comes,
  /// every call on the connection would wait until its deadline, and so would all later calls.
  final class FirstReadTimeoutHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    struct ServerIsSilent: Error, CustomStringConvertible {
      let limit: Duration
      var description: String {
        "the server accepted the connection and sent nothing for \(durationText(limit))"
      }
    }

    private let limit: Duration
    private var timer: Scheduled<Void>?

    init(limit: Duration) { self.limit = limit }

    func channelActive(context: ChannelHandlerContext) {
      let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
      timer = context.eventLoop.scheduleTask(in: TimeAmount(limit)) {
        let (handler, context) = bound.value
        context.fireErrorCaught(ServerIsSilent(limit: handler.limit))
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
