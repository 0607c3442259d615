// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Foundation
import Testing

@Suite struct DeadlockTests {
  // MARK: One

  @Test func `A tasklet that awaits its own future fails it with a deadlock`() throws {
    let ring = WaitingRing(1)
    ring.wait(0)
    let error = try deadlock(ring.futures[0])
    #expect(error.members.map(\.name) == ["0"])
    #expect(error.members[0].need == "awaits")
    #expect(error.members[0].creationSite == ring.futures[0].creationSite)
    #expect(error.description.hasPrefix("deadlock: a future waits for itself"))
    #expect(
      error.description.hasSuffix(
        "\nChange one of them so that it does not wait for the next, or give its wait a time limit."
      ))
    #expect(!ring.futures[0].hasWaiters)
  }

  @Test func `A tasklet that blocks for its own future fails it with a deadlock`() throws {
    let ring = WaitingRing(1, manner: { _ in .blocking })
    ring.wait(0)
    let error = try deadlock(ring.futures[0])
    #expect(error.members.map(\.need) == ["blocks for"])
  }

  @Test func `A wait that cannot throw returns, and the tasklet goes on`() throws {
    let after = Promise<Int>()
    let ring = WaitingRing(1) { _, own in
      await own.wait()
      after.succeed(1)
      return 1
    }
    ring.wait(0)
    #expect(try after.future.getResult() == 1)
    _ = try deadlock(ring.futures[0])
  }

  // MARK: Several

  @Test(arguments: [2, 3, 10], [0, 1, 2, 3])
  func `A ring of any kinds of waits fails whole, and the text lists it`(
    count: Int, kinds: Int
  ) throws {
    let ring = WaitingRing(
      count, on: TaskletExecutor("ring", configuration: .init(threads: 2)),
      manner: { index in
        // All suspending, all blocking, and both ways of mixing.
        switch kinds {
        case 0: .suspending
        case 1: .blocking
        case 2: index % 2 == 0 ? .blocking : .suspending
        default: index % 2 == 0 ? .suspending : .blocking
        }
      })
    ring.close()
    for future in ring.futures {
      let error = try deadlock(future)
      let names = [count - 1] + Array(0..<count - 1)
      #expect(error.members.map(\.name) == names.map { "\($0)" })
    }
    let text = try deadlock(ring.futures[0]).description
    for future in ring.futures {
      #expect(text.contains("\"\(future.name!)\" (created in \(future.creationSite))"))
    }
    #expect(text.hasPrefix("deadlock: \(count) futures"))
  }

  @Test(arguments: [0, 1, 499, 500, 999])
  func `A ring of a thousand is found by the wait that closes it`(last: Int) throws {
    let manual = ManualExecutor()
    let ring = WaitingRing(1000, on: manual.executor)
    for index in ring.futures.indices where index != last {
      ring.wait(index)
      manual.run()
    }
    #expect(!ring.futures.contains { $0.done() })
    ring.wait(last)
    manual.run()
    for future in ring.futures { _ = try deadlock(future) }
    let error = try deadlock(ring.futures[0])
    #expect(error.members.count == 1000)
    #expect(error.members[0].name == "\(last)")
    #expect(Set(error.members.compactMap(\.name)).count == 1000)
    #expect(error.description.split(separator: "\n").count == 1003)
  }

  @Test func `A chain of twenty thousand is no ring until it is closed`() throws {
    let manual = ManualExecutor()
    let count = 20_000
    let ring = WaitingRing(count, on: manual.executor)
    for index in ring.futures.indices.dropLast() { ring.wait(index) }
    manual.run()
    #expect(!ring.futures.contains { $0.done() })
    ring.wait(count - 1)
    manual.run()
    let error = try deadlock(ring.futures[0])
    #expect(error.members.count == count)
    #expect(error.description.contains("… and \(count - 1024) more"))
    #expect(ring.futures.allSatisfy { $0.done() })
  }

  @Test func `The wait that closes the ring fails what it waits for, and goes on itself`() throws {
    let manual = ManualExecutor()
    let ring = WaitingRing(3, on: manual.executor)
    for index in 0..<2 {
      ring.wait(index)
      manual.run()
    }
    ring.wait(2)
    // The gate wakes the tasklet. In one step it closes the ring, gets the error and ends.
    #expect(manual.runOnce())
    #expect(ring.futures.map { $0.done() } == [true, false, true])
    manual.run()
    #expect(ring.futures.allSatisfy { $0.done() })
  }

  @Test func `A tasklet that blocks on the stack of its waiter is a member of the ring`() throws {
    // On one thread: another worker might begin the inner one before the outer one blocks for it.
    let manual = ManualExecutor()
    let outer = Promise<Future<Int>>()
    let first = Future("outer", on: manual.executor) {
      let own = try await outer.future.value
      return try block(Future("inner", on: manual.executor) { try block(own) })
    }
    outer.succeed(first)
    manual.run()
    let error = try deadlock(first)
    #expect(error.members.map(\.name) == ["inner", "outer"])
    #expect(error.members.map(\.need) == ["blocks for", "blocks for"])
  }

  // MARK: Outside of the ring

  @Test func `A wait for a member gets the error; a wait for another future does not`() throws {
    let promise = Promise<Int>()
    let bystander = Future("bystander") { try await promise.future.value }
    let waitsForBystander = Future { try await bystander.value + 1 }
    let ring = WaitingRing(2)
    let waitsForMember = Future { try await ring.futures[0].value }
    let ownLimit = Future { try await bystander.getResult(within: .seconds(3600)) }
    spin { bystander.hasWaiters && ring.futures[0].hasWaiters }
    ring.close()
    let error = try deadlock(waitsForMember)
    #expect(Set(error.members.map(\.name)) == ["0", "1"])
    for future in ring.futures { _ = try deadlock(future) }
    #expect(!bystander.done() && !waitsForBystander.done())
    promise.succeed(1)
    #expect(try waitsForBystander.getResult() == 2)
    #expect(try ownLimit.getResult() == 1)
  }

  @Test func `A member that catches the error ends as it likes`() throws {
    let ring = WaitingRing(2) { index, next in
      do { return try await next.value } catch is DeadlockError { return index + 10 }
    }
    ring.close()
    // 1 closed the ring, so 0 had failed already; but 1 gave its value, and 0 threw it away.
    _ = try deadlock(ring.futures[0])
    #expect(try ring.futures[1].getResult() == 11)
  }

  // MARK: From both ends at once

  @Test(arguments: 0..<200)
  func `Exactly one of two waits that close a ring at the same moment finds it`(
    round: Int
  ) throws {
    let blocks = round % 4
    let ring = WaitingRing(
      2 + round % 3,
      manner: { index in blocks >> (index % 2) & 1 == 0 ? .suspending : .blocking })
    onThreads(ring.futures.count) { ring.wait($0) }
    let errors = try ring.futures.map { try deadlock($0) }
    // The identical report came to all.
    #expect(Set(errors).count == 1)
  }
}
