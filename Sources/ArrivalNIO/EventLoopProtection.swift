// SPDX-License-Identifier: Apache-2.0
#if NIO
  internal import Arrival
  internal import NIOPosix

  /// Refuses blocking waits on event loops, as `EventLoopFuture.wait()` does.
  public enum EventLoopProtection {
    private static let installed: Void = BlockingRefusal.set {
      guard let eventLoop = MultiThreadedEventLoopGroup.currentEventLoop else { return nil }
      return """
        BUG DETECTED: a blocking wait must not be called when on an EventLoop.
        Waiting on any EventLoop can lead to
        - deadlocks
        - stalling processing of other connections (Channels) that are handled on the EventLoop \
        that the wait was called on

        Await the future in an async function, or use asEventLoopFuture(on:).
        - current eventLoop: \(eventLoop)
        """
    }

    /// From now on, a blocking wait on an event loop traps with a message that says where it is.
    ///
    /// The functions of this module call this. Call it at the start of a program whose event loops
    /// use futures without them. A wait for a future that is done is not refused.
    ///
    /// It knows the event loops of `MultiThreadedEventLoopGroup`, which servers on Linux use, and
    /// no others: NIO names no loop of a thread of NIOTransportServices.
    public static func install() { _ = installed }
  }
#endif
