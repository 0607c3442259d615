// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Testing

  @testable import DatastoreSQLite

  /// The queue of transactions that wait for a connection, event by event.
  @Suite struct WaitQueueTests {
    private let now = ContinuousClock.now
    private var queue: WaitQueue<String>

    init() { queue = WaitQueue(limit: 2, now: now) }

    /// Requests a permit and waits for it; returns the ticket.
    private mutating func enqueue(_ name: String) throws -> Int {
      guard case .wait(let ticket) = queue.request(now: now) else {
        throw Mistake()
      }
      _ = queue.wait(ticket: ticket, name, now: now)
      return ticket
    }

    private struct Mistake: Error {}

    @Test mutating func `Permits go to the first requests, then from holder to waiter in order`()
      throws
    {
      #expect(queue.request(now: now) == .go)
      #expect(queue.request(now: now) == .go)
      guard case .wait(let ticket) = queue.request(now: now) else { throw Mistake() }
      #expect(queue.wait(ticket: ticket, "a", now: now) == .wait(beginsWatch: true))
      _ = try enqueue("b")
      _ = try enqueue("c")
      #expect(queue.release(now: now) == "a")
      #expect(queue.release(now: now) == "b")
      #expect(queue.release(now: now) == "c")
      #expect(queue.heldCount == 2)
      #expect(queue.release(now: now) == nil)
      #expect(queue.release(now: now) == nil)
      #expect(queue.heldCount == 0 && queue.request(now: now) == .go)
    }

    @Test mutating func `A permit released between request and wait is not missed`() throws {
      _ = (queue.request(now: now), queue.request(now: now))
      guard case .wait(let ticket) = queue.request(now: now) else { throw Mistake() }
      #expect(queue.release(now: now) == nil)
      #expect(queue.wait(ticket: ticket, "a", now: now) == .go)
      #expect(queue.heldCount == 2)
    }

    @Test mutating func `A waiter cancelled before, while or after waiting is told at most once`()
      throws
    {
      _ = (queue.request(now: now), queue.request(now: now))
      guard case .wait(let early) = queue.request(now: now) else { throw Mistake() }
      #expect(queue.cancel(ticket: early) == nil)
      #expect(queue.wait(ticket: early, "early", now: now) == .cancelled)
      let (a, b) = (try enqueue("a"), try enqueue("b"))
      #expect(queue.cancel(ticket: a) == "a")
      #expect(queue.cancel(ticket: a) == nil)
      #expect(queue.release(now: now) == "b")
      #expect(queue.cancel(ticket: b) == nil)
      #expect(queue.heldCount == 2)
    }

    @Test mutating func `Closing ends all waits and refuses new ones`() throws {
      _ = (queue.request(now: now), queue.request(now: now))
      _ = (try enqueue("a"), try enqueue("b"))
      guard case .wait(let late) = queue.request(now: now) else { throw Mistake() }
      #expect(queue.close() == ["a", "b"])
      #expect(queue.wait(ticket: late, "late", now: now) == .closed)
      #expect(queue.request(now: now) == .closed)
      #expect(queue.close() == [])
      #expect(queue.release(now: now) == nil)
    }

    @Test mutating func `Waiters fail when nothing has happened for long, and not before`() throws {
      let timeout = WaitQueue<String>.stallTimeout
      _ = (queue.request(now: now), queue.request(now: now))
      _ = (try enqueue("a"), try enqueue("b"))
      guard case .checkAgain(let rest) = queue.checkForStall(now: now + timeout / 2, lastUse: nil)
      else {
        throw Mistake()
      }
      #expect(rest == timeout / 2)
      // A read, or a released permit, is a sign of life.
      guard case .checkAgain = queue.checkForStall(now: now + timeout, lastUse: now + timeout / 2)
      else {
        throw Mistake()
      }
      #expect(queue.release(now: now + timeout) == "a")
      guard case .checkAgain = queue.checkForStall(now: now + timeout * 1.5, lastUse: nil) else {
        throw Mistake()
      }
      guard case .fail(let failed) = queue.checkForStall(now: now + timeout * 2, lastUse: now)
      else {
        throw Mistake()
      }
      #expect(failed == ["b"])
      guard case .wait(let ticket) = queue.request(now: now) else { throw Mistake() }
      #expect(queue.wait(ticket: ticket, "c", now: now) == .wait(beginsWatch: true))
      _ = queue.cancel(ticket: ticket)
      guard case .idle = queue.checkForStall(now: now + timeout * 9, lastUse: nil) else {
        throw Mistake()
      }
    }

    @Test mutating func `A queue found empty by a check is watched again at the next wait`() throws
    {
      _ = (queue.request(now: now), queue.request(now: now))
      let ticket = try enqueue("a")
      _ = queue.cancel(ticket: ticket)
      guard case .idle = queue.checkForStall(now: now, lastUse: nil) else { throw Mistake() }
      guard case .wait(let next) = queue.request(now: now) else { throw Mistake() }
      #expect(queue.wait(ticket: next, "b", now: now) == .wait(beginsWatch: true))
    }
  }
#endif
