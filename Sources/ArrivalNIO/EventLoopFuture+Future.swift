// SPDX-License-Identifier: Apache-2.0
#if NIO
  public import Arrival
  public import NIOCore

  extension EventLoopFuture where Value: Sendable {
    /// A `Future` with the result of this one.
    ///
    /// ```swift
    /// let reply = channel.writeAndFlush(request).asFuture("request")
    /// try await reply.timeout(after: .seconds(5)).value
    /// ```
    ///
    /// Its place of creation is that of this call, in reports and dumps too. Cancelling it does not
    /// cancel the operation: an event loop's future cannot be cancelled.
    ///
    /// - Parameters:
    ///   - name: shown in descriptions and reports.
    ///   - function: the function that calls this; left out.
    ///   - file: its file; left out.
    ///   - line: its line; left out.
    public func asFuture(
      _ name: String? = nil,
      function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
    ) -> Future<Value> {
      EventLoopProtection.install()
      let promise = Promise<Value>(name, function: function, file: file, line: line)
      whenComplete { promise.complete($0, function: function, file: file, line: line) }
      return promise.future
    }
  }

  extension Future {
    /// An event loop's future with the result of this one.
    ///
    /// ```swift
    /// let greeting = Future { try await greet(id) }.asEventLoopFuture(on: eventLoop)
    /// greeting.whenSuccess { print($0) }
    /// ```
    ///
    /// For a key of a batcher use ``Batcher/load(_:on:function:file:line:)``, which sends it
    /// sooner.
    /// It counts as looking at the error. NIO's reports, such as that of a promise that is never
    /// completed, name the place of this call.
    ///
    /// - Parameters:
    ///   - eventLoop: calls the future back.
    ///   - file: the file of the call; left out.
    ///   - line: its line; left out.
    public func asEventLoopFuture(
      on eventLoop: any EventLoop, file: StaticString = #fileID, line: UInt = #line
    ) -> EventLoopFuture<Value> {
      EventLoopProtection.install()
      let promise = eventLoop.makePromise(of: Value.self, file: file, line: line)
      onCompletion { promise.completeWith($0) }
      return promise.futureResult
    }
  }
#endif
