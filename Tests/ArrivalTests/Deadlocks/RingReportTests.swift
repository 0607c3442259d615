// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Testing

@testable import Arrival

/// A ring is reported once, and where it is found late.
@Suite struct RingReportTests {
  /// The source of a future that needs another one.
  // `@unchecked Sendable`: as its base class; what it adds is set before anybody reads it.
  private final class Link: FutureSource, @unchecked Sendable {
    var next: FutureCore?
    /// Called when a report is about to be made of a ring with this member.
    var willBeReported: () -> Void = {}

    override func dependencies() -> Dependencies { next.map { .allOf([$0]) } ?? .external }
    override var kind: String {
      willBeReported()
      return "link"
    }
  }

  private func pending(_ name: String, _ source: FutureSource) -> Future<Int> {
    let site = SourceSite(function: #function, file: #fileID, line: #line)
    let future = Future<Int>(pending: name, site: site, source: source)
    // Somebody is registered, or nothing would be searched.
    future.onCompletion { _ in }
    return future
  }

  @Test func `Two threads that find one ring at the same time report it once`() {
    let links = [Link(), Link()]
    let futures = links.enumerated().map { pending("\($0)", $1) }
    links[0].next = futures[1]
    links[1].next = futures[0]
    // The other thread looks after this one has read the ring twice and before it fails the future.
    links[0].willBeReported = {
      links[0].willBeReported = {}
      DeadlockCheck.failIfDeadlocked(futures[1])
    }
    DeadlockCheck.failIfDeadlocked(futures[0])
    #expect(futures[0].getException() is DeadlockError)
    #expect(!futures[1].done())
    // The ring is reported, and the same futures in another one would be again.
    links[1].next = futures[1]
    DeadlockCheck.failIfDeadlocked(futures[1])
    #expect(futures[1].getException() is DeadlockError)
  }

  @Test func `A ring is reported while another one is`() {
    let links = (0..<3).map { _ in Link() }
    let futures = links.enumerated().map { pending("\($0)", $1) }
    links[0].next = futures[1]
    links[1].next = futures[0]
    links[2].next = futures[2]
    links[0].willBeReported = {
      links[0].willBeReported = {}
      // Another ring, which has nothing to do with the one about to be broken up.
      DeadlockCheck.failIfDeadlocked(futures[2])
    }
    DeadlockCheck.failIfDeadlocked(futures[0])
    #expect(futures[0].getException() is DeadlockError)
    #expect(futures[2].getException() is DeadlockError)
    #expect(!futures[1].done())
    _ = futures[1].fail(with: CancellationError())
  }

  @Test func `A future at the address of one that was reported is searched like any other`() {
    for _ in 0..<200 {
      let link = Link()
      let future = pending("again", link)
      link.next = future
      DeadlockCheck.failIfDeadlocked(future)
      #expect(future.hasFailed)
      if !future.done() { _ = future.fail(with: CancellationError()) }
    }
  }

  @Test func `A ring that forms when the first of several futures arrives is found`() throws {
    let manual = ManualExecutor()
    let promise = Promise<Int>()
    let shared = Promise<AsCompleted<Future<Int>>>()
    // Two loops share a sequence. The second waits for itself once the first has got its future.
    let first = Future("first", on: manual.executor) {
      let completed = try await shared.future.value
      for try await future in completed { return try await future.value }
      return 0
    }
    let second = Future("second", on: manual.executor) {
      let completed = try await shared.future.value
      for try await future in completed { return try await future.value }
      return 0
    }
    shared.succeed(Future.asCompleted([promise.future, second]))
    manual.run()
    #expect(!first.done() && !second.done())
    promise.succeed(1)
    manual.run()
    #expect(try first.getResult() == 1)
    // A future that is not done would block the test for ever.
    try #require(second.done())
    #expect(try deadlock(second).members.map(\.name) == ["second"])
  }
}
