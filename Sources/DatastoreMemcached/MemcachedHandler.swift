// SPDX-License-Identifier: Apache-2.0
#if NIO
  internal import NIOCore

  /// Commands that are sent together, and the promise of their replies.
  struct MemcachedRequest {
    var commands: [MemcachedCommand]
    var promise: EventLoopPromise<[MemcachedReply]>
  }

  /// Pairs requests with replies, which come in the same order. The first error, or a request
  /// without an answer in time, fails all requests and closes the connection: a reply that came
  /// later would be taken for that of another request.
  final class MemcachedHandler: ChannelDuplexHandler {
    typealias InboundIn = MemcachedLine
    typealias OutboundIn = MemcachedRequest
    typealias OutboundOut = ByteBuffer

    private struct Pending {
      var request: MemcachedRequest
      var deadline: NIODeadline
      var replies: [MemcachedReply] = []
      var values: [MemcachedReply.Value] = []
    }

    private let requestTime: TimeAmount
    private let failure: @Sendable (any Error) -> any Error
    private var pending = CircularBuffer<Pending>()
    private var timer: Scheduled<Void>?
    private var ending: (any Error)?

    /// - Parameters:
    ///   - requestTime: How long a request may take.
    ///   - failure: Makes the error of requests from its cause.
    init(requestTime: TimeAmount, failure: @escaping @Sendable (any Error) -> any Error) {
      self.requestTime = requestTime
      self.failure = failure
    }

    // MARK: Requests

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
      let request = unwrapOutboundIn(data)
      if let ending {
        request.promise.fail(ending)
        promise?.fail(ending)
        return
      }
      pending.append(Pending(request: request, deadline: context.eventLoop.now + requestTime))
      var buffer = context.channel.allocator.buffer(capacity: 256)
      for command in request.commands { command.write(to: &buffer) }
      context.write(wrapOutboundOut(buffer), promise: promise)
      if timer == nil { setTimer(context) }
    }

    private func setTimer(_ context: ChannelHandlerContext) {
      guard let first = pending.first else { return }
      let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
      timer = context.eventLoop.scheduleTask(deadline: first.deadline) {
        let (handler, context) = bound.value
        handler.timer = nil
        handler.timerFired(context)
      }
    }

    private func timerFired(_ context: ChannelHandlerContext) {
      guard let first = pending.first else { return }
      if first.deadline > context.eventLoop.now { return setTimer(context) }
      end(context, TimedOut())
    }

    private struct TimedOut: Error, CustomStringConvertible {
      var description: String { "the server did not answer in time" }
    }

    // MARK: Replies

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let line = unwrapInboundIn(data)
      do {
        try receive(line)
      } catch {
        end(context, error)
      }
    }

    private func receive(_ line: MemcachedLine) throws {
      if pending.isEmpty { throw Unexpected(line: line) }
      let position = pending.startIndex
      let command = pending[position].request.commands[pending[position].replies.count]
      switch (command, line) {
      case (.gets, .value(let value)):
        pending[position].values.append(value)
        return
      case (.gets, .end):
        pending[position].replies.append(.values(pending[position].values))
        pending[position].values = []
      case (.add, .stored), (.cas, .stored): pending[position].replies.append(.stored)
      // A value that is too large, or for which the server has no memory, is not stored.
      case (.add, .notStored), (.cas, .notStored), (.add, .serverError), (.cas, .serverError):
        pending[position].replies.append(.notStored)
      case (.delete, .deleted), (.delete, .notStored): pending[position].replies.append(.deleted)
      default: throw Unexpected(line: line)
      }
      if pending[position].replies.count == pending[position].request.commands.count {
        let done = pending.removeFirst()
        done.request.promise.succeed(done.replies)
      }
    }

    private struct Unexpected: Error, CustomStringConvertible {
      var line: MemcachedLine
      var description: String { "the server gave an answer that was not expected: \(line)" }
    }

    // MARK: The end

    func errorCaught(context: ChannelHandlerContext, error: any Error) { end(context, error) }

    func channelInactive(context: ChannelHandlerContext) {
      end(context, ChannelError.eof)
      context.fireChannelInactive()
    }

    private func end(_ context: ChannelHandlerContext, _ error: any Error) {
      if ending != nil { return }
      let error = failure(error)
      ending = error
      timer?.cancel()
      let all = pending
      pending.removeAll()
      context.close(promise: nil)
      for entry in all { entry.request.promise.fail(error) }
    }
  }
#endif
