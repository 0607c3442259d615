// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import NIOCore
  internal import NIOHPACK
  internal import NIOHTTP2

  /// Answers a gRPC request that announces too large a message with RESOURCE_EXHAUSTED and a
  /// sentence, and reads past its bytes without keeping them.
  ///
  /// grpc-swift's transport would close the stream, which clients report as CANCELLED.
  final class RequestSizeGuard: ChannelDuplexHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias InboundOut = HTTP2Frame.FramePayload
    typealias OutboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    private let limit: Int
    private var header: [UInt8] = []
    private var isRefused = false

    init(limit: Int) { self.limit = limit }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      if isRefused { return }
      if case .data(let frame) = unwrapInboundIn(data), case .byteBuffer(let bytes) = frame.data,
        header.count < 5
      {
        // One byte says whether the message is compressed, four give its size.
        header += bytes.readableBytesView.prefix(5 - header.count)
        if header.count == 5 {
          let size = header.dropFirst().reduce(0) { $0 << 8 | Int($1) }
          if size > limit { return refuse(context, size) }
        }
      }
      context.fireChannelRead(data)
    }

    private func refuse(_ context: ChannelHandlerContext, _ size: Int) {
      isRefused = true
      let headers: HPACKHeaders = [
        ":status": "200", "content-type": "application/grpc", "grpc-status": "8",
        "grpc-message": Self.sentence(size, limit: limit),
      ]
      context.writeAndFlush(
        wrapOutboundOut(.headers(.init(headers: headers, endStream: true))), promise: nil)
    }

    static func sentence(_ size: Int, limit: Int) -> String {
      """
      The request message is too large: it has \(size) bytes, and the server accepts up to \
      \(limit). Ask for less in one request, or split it.
      """
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
      guard isRefused else { return context.write(data, promise: promise) }
      promise?.succeed()
    }
  }
#endif
