#if SQLite
  import Testing

  @testable import DatastoreSQLite

  /// The line of those who wait for a connection, event by event.
  @Suite struct TurnLineTests {
    private let now = ContinuousClock.now
    private var line: TurnLine<String>

    init() { line = TurnLine(maximum: 2, now: now) }

    /// One that comes and waits.
    private mutating func queue(_ name: String) throws -> Int {
      guard case .wait(let number) = line.arrive(now: now) else {
        throw Mistake()
      }
      _ = line.wait(number: number, name, now: now)
      return number
    }

    private struct Mistake: Error {}

    @Test("Turns go to those who come while there are any, then from one to the next in order")
    mutating func order() throws {
      #expect(line.arrive(now: now) == .go)
      #expect(line.arrive(now: now) == .go)
      guard case .wait(let number) = line.arrive(now: now) else { throw Mistake() }
      #expect(line.wait(number: number, "a", now: now) == .wait(beginsWatch: true))
      _ = try queue("b")
      _ = try queue("c")
      #expect(line.leave(now: now) == "a")
      #expect(line.leave(now: now) == "b")
      #expect(line.leave(now: now) == "c")
      #expect(line.takenCount == 2)
      #expect(line.leave(now: now) == nil)
      #expect(line.leave(now: now) == nil)
      #expect(line.takenCount == 0 && line.arrive(now: now) == .go)
    }

    @Test("A turn that ends between arriving and waiting is taken, and not slept through")
    mutating func endsMeanwhile() throws {
      _ = (line.arrive(now: now), line.arrive(now: now))
      guard case .wait(let number) = line.arrive(now: now) else { throw Mistake() }
      #expect(line.leave(now: now) == nil)
      #expect(line.wait(number: number, "a", now: now) == .go)
      #expect(line.takenCount == 2)
    }

    @Test("Cancelled before, while or after it waits, one is told once or not at all")
    mutating func cancelling() throws {
      _ = (line.arrive(now: now), line.arrive(now: now))
      guard case .wait(let early) = line.arrive(now: now) else { throw Mistake() }
      #expect(line.cancel(number: early) == nil)
      #expect(line.wait(number: early, "early", now: now) == .cancelled)
      let (a, b) = (try queue("a"), try queue("b"))
      #expect(line.cancel(number: a) == "a")
      #expect(line.cancel(number: a) == nil)
      #expect(line.leave(now: now) == "b")
      #expect(line.cancel(number: b) == nil)
      #expect(line.takenCount == 2)
    }

    @Test("Closing ends all waiting, also of those who are about to")
    mutating func closing() throws {
      _ = (line.arrive(now: now), line.arrive(now: now))
      _ = (try queue("a"), try queue("b"))
      guard case .wait(let late) = line.arrive(now: now) else { throw Mistake() }
      #expect(line.close() == ["a", "b"])
      #expect(line.wait(number: late, "late", now: now) == .closed)
      #expect(line.arrive(now: now) == .closed)
      #expect(line.close() == [])
      #expect(line.leave(now: now) == nil)
    }

    @Test("Those who wait are refused when nothing has happened for long, and not before")
    mutating func inVain() throws {
      let patience = TurnLine<String>.patience
      _ = (line.arrive(now: now), line.arrive(now: now))
      _ = (try queue("a"), try queue("b"))
      guard case .lookAgain(let rest) = line.look(now: now + patience / 2, lastUse: nil) else {
        throw Mistake()
      }
      #expect(rest == patience / 2)
      // A read, or a turn that ends, is a sign of life.
      guard case .lookAgain = line.look(now: now + patience, lastUse: now + patience / 2) else {
        throw Mistake()
      }
      #expect(line.leave(now: now + patience) == "a")
      guard case .lookAgain = line.look(now: now + patience * 1.5, lastUse: nil) else {
        throw Mistake()
      }
      guard case .refuse(let refused) = line.look(now: now + patience * 2, lastUse: now) else {
        throw Mistake()
      }
      #expect(refused == ["b"])
      guard case .wait(let number) = line.arrive(now: now) else { throw Mistake() }
      #expect(line.wait(number: number, "c", now: now) == .wait(beginsWatch: true))
      _ = line.cancel(number: number)
      guard case .rest = line.look(now: now + patience * 9, lastUse: nil) else { throw Mistake() }
    }

    @Test mutating func `A line that was empty when it was looked at is watched again`() throws {
      _ = (line.arrive(now: now), line.arrive(now: now))
      let number = try queue("a")
      _ = line.cancel(number: number)
      guard case .rest = line.look(now: now, lastUse: nil) else { throw Mistake() }
      guard case .wait(let next) = line.arrive(now: now) else { throw Mistake() }
      #expect(line.wait(number: next, "b", now: now) == .wait(beginsWatch: true))
    }
  }
#endif
