// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import NIOCore
  internal import NIOHTTP1

  /// A request of HTTP/1.1 with its whole body.
  struct HTTPRequest: Sendable {
    var method: HTTPMethod
    /// The path and the query, as sent.
    var uri: String
    var headers: HTTPHeaders
    var body: ByteBuffer

    /// The path, without the query.
    var path: Substring { uri.prefix { $0 != "?" } }
  }

  /// The response to a request.
  struct HTTPResponse: Sendable {
    var status: HTTPResponseStatus
    var headers: HTTPHeaders
    var body: ByteBuffer
    /// Returns the next part of a body that is made while it is sent, and `nil` at its end; `nil`
    /// for a body that is there.
    var parts: (@Sendable () async throws -> ByteBuffer?)?

    init(
      _ status: HTTPResponseStatus = .ok, type: String, headers: HTTPHeaders = [:],
      body: ByteBuffer
    ) {
      self.status = status
      self.headers = headers
      self.body = body
      self.headers.add(name: "Content-Type", value: type)
    }

    /// A line of text.
    init(_ status: HTTPResponseStatus = .ok, line: String) {
      self.init(status, type: "text/plain; charset=utf-8", body: ByteBuffer(string: line + "\n"))
    }
  }

  /// Collects the requests of a connection, one at a time, and sends the responses.
  final class HTTPHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let maxBodyBytes: Int
    private let respond: @Sendable (HTTPRequest) async -> HTTPResponse
    private let refusal: @Sendable (_ request: HTTPRequest, _ bytes: Int) -> HTTPResponse

    private var request: HTTPRequest?
    private var bodyBytes = 0
    private var keepsAlive = true
    private var isWaitingToRead = false
    private var answering: Task<Void, Never>?

    /// - Parameters:
    ///   - maxBodyBytes: The largest body. A larger one is read past without being kept.
    ///   - refusal: The response to a request with too large a body.
    ///   - respond: Answers a request. Never throws: failures are responses too.
    init(
      maxBodyBytes: Int, refusal: @escaping @Sendable (HTTPRequest, Int) -> HTTPResponse,
      respond: @escaping @Sendable (HTTPRequest) async -> HTTPResponse
    ) {
      self.maxBodyBytes = maxBodyBytes
      self.refusal = refusal
      self.respond = respond
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      switch unwrapInboundIn(data) {
      case .head(let head):
        keepsAlive = head.isKeepAlive
        bodyBytes = 0
        request = HTTPRequest(
          method: head.method, uri: head.uri, headers: head.headers, body: ByteBuffer())
        if head.headers["expect"].contains(where: { $0.lowercased() == "100-continue" }) {
          let head = HTTPResponseHead(version: .http1_1, status: .continue)
          context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
        }
      case .body(var bytes):
        bodyBytes += bytes.readableBytes
        if bodyBytes > maxBodyBytes {
          request?.body = ByteBuffer()
        } else {
          request?.body.writeBuffer(&bytes)
        }
      case .end:
        guard let request = request.take() else { return }
        answer(request, context)
      }
    }

    private func answer(_ request: HTTPRequest, _ context: ChannelHandlerContext) {
      let withoutBody = request.method == .HEAD
      if bodyBytes > maxBodyBytes {
        keepsAlive = false
        return send(refusal(request, bodyBytes), withoutBody: withoutBody, context)
      }
      let promise = context.eventLoop.makePromise(of: HTTPResponse.self)
      answering = Task { [respond] in promise.succeed(await respond(request)) }
      promise.futureResult.assumeIsolated().whenSuccess { [self] response in
        answering = nil
        send(response, withoutBody: withoutBody, context)
      }
    }

    private func send(
      _ response: HTTPResponse, withoutBody: Bool, _ context: ChannelHandlerContext
    ) {
      var headers = response.headers
      if response.parts == nil {
        headers.add(name: "Content-Length", value: String(response.body.readableBytes))
      }
      headers.add(name: "X-Content-Type-Options", value: "nosniff")
      if !keepsAlive { headers.add(name: "Connection", value: "close") }
      let head = HTTPResponseHead(version: .http1_1, status: response.status, headers: headers)
      context.write(wrapOutboundOut(.head(head)), promise: nil)
      if !withoutBody, let parts = response.parts { return send(parts, context) }
      if !withoutBody {
        context.write(wrapOutboundOut(.body(.byteBuffer(response.body))), promise: nil)
      }
      end(context)
    }

    /// Sends the parts of a body. Each is asked for when the one before it has left, so that a slow
    /// reader does not fill the memory.
    private func send(
      _ parts: @escaping @Sendable () async throws -> ByteBuffer?, _ context: ChannelHandlerContext
    ) {
      let promise = context.eventLoop.makePromise(of: ByteBuffer?.self)
      answering = Task {
        do { promise.succeed(try await parts()) } catch { promise.fail(error) }
      }
      promise.futureResult.assumeIsolated().whenComplete { [self] result in
        answering = nil
        switch result {
        case .success(let part?):
          let sent = context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(part))))
          sent.assumeIsolated().whenSuccess { [self] in send(parts, context) }
        case .success(nil): end(context)
        // The status is sent already. A body without its end tells the client.
        case .failure: context.close(promise: nil)
        }
      }
    }

    private func end(_ context: ChannelHandlerContext) {
      let sent = context.writeAndFlush(wrapOutboundOut(.end(nil)))
      if !keepsAlive { sent.assumeIsolated().whenComplete { _ in context.close(promise: nil) } }
    }

    // A client that does not read its responses sends no further requests.

    func read(context: ChannelHandlerContext) {
      if context.channel.isWritable { context.read() } else { isWaitingToRead = true }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
      if isWaitingToRead, context.channel.isWritable {
        isWaitingToRead = false
        context.read()
      }
      context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
      answering?.cancel()
      context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      context.close(promise: nil)
    }
  }
#endif
