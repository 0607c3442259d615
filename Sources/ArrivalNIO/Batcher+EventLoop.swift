// SPDX-License-Identifier: Apache-2.0
#if NIO
  public import Arrival
  public import NIOCore
  internal import Synchronization

  extension Batcher {
    /// Loads a key from code on an event loop, such as a channel handler.
    ///
    /// What one turn of the loop loads is sent together: the batch leaves when the tasks have run
    /// that the loop had at the time of the first load. A plain `load(_:)` on an event loop, whose
    /// code is no task, waits for `maxDelay`.
    ///
    /// - Parameters:
    ///   - key: the key.
    ///   - eventLoop: the loop of the future, and on which the calling code runs.
    ///   - function: the function that calls this; left out.
    ///   - file: its file; left out.
    ///   - line: its line; left out.
    public func load(
      _ key: Key, on eventLoop: any EventLoop,
      function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
    ) -> EventLoopFuture<Value> {
      let future = load(key, function: function, file: file, line: line)
      if !future.done() { LoopTurns.sendAtEnd(of: eventLoop, self) }
      return future.asEventLoopFuture(on: eventLoop)
    }
  }

  /// The batchers that are sent at the ends of turns of event loops.
  private enum LoopTurns {
    private struct Turn: Hashable {
      let eventLoop: ObjectIdentifier
      let batcher: ObjectIdentifier
    }

    private static let scheduled = Mutex<Set<Turn>>([])

    static func sendAtEnd<Key, Value>(of eventLoop: any EventLoop, _ batcher: Batcher<Key, Value>) {
      let turn = Turn(eventLoop: ObjectIdentifier(eventLoop), batcher: ObjectIdentifier(batcher))
      guard scheduled.withLock({ $0.insert(turn).inserted }) else { return }
      eventLoop.execute {
        _ = scheduled.withLock { $0.remove(turn) }
        batcher.sendQueued()
      }
    }
  }
#endif
