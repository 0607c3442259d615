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
      return future.asEventLoopFuture(on: eventLoop, file: file, line: line)
    }
  }

  /// The batchers that are sent at the ends of turns of event loops.
  enum LoopTurns {
    /// A batcher that is sent at the end of this turn of a loop.
    private struct Turn: Hashable {
      let eventLoop: ObjectIdentifier
      let batcher: ObjectIdentifier
    }

    private static let scheduled = Mutex<Set<Turn>>([])

    static var count: Int { scheduled.withLock { $0.count } }

    static func sendAtEnd<Key, Value>(of eventLoop: any EventLoop, _ batcher: Batcher<Key, Value>) {
      let turn = Turn(eventLoop: ObjectIdentifier(eventLoop), batcher: ObjectIdentifier(batcher))
      guard scheduled.withLock({ $0.insert(turn).inserted }) else { return }
      let entry = Entry(turn: turn)
      eventLoop.execute {
        entry.remove()
        batcher.sendQueued()
      }
    }

    /// Removes the turn when it has come, or when a loop that was shut down has thrown its task
    /// away. Otherwise a later loop at the same address would never send.
    private final class Entry: Sendable {
      private let turn: Turn
      private let isThere = Atomic<Bool>(true)

      init(turn: Turn) { self.turn = turn }

      deinit { remove() }

      func remove() {
        guard isThere.exchange(false, ordering: .relaxed) else { return }
        _ = LoopTurns.scheduled.withLock { $0.remove(turn) }
      }
    }
  }
#endif
