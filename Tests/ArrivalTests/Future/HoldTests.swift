// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Testing

@testable import Arrival

/// Who keeps a future alive, when what decides it changes at the same time: interleavings of two
/// threads as straight-line calls.
@Suite struct HoldTests {
  /// Notes that its future was dropped.
  // `@unchecked Sendable`: as its base class; what it adds is atomic.
  private final class Owner: OwningSource, @unchecked Sendable {
    let dropped = Counter()
    override func futureWasDropped() { dropped.raise() }
  }

  private func owned(by owner: Owner) -> Future<Int> {
    let site = SourceSite(function: #function, file: #fileID, line: #line)
    let future = Future<Int>(pending: "owned", site: site, source: owner)
    owner.own(future)
    return future
  }

  @Test func `A future that is held loosely is dropped with the last who holds it`() {
    let owner = Owner()
    var future: Future<Int>? = owned(by: owner)
    future!.holdWeakly(by: owner)
    #expect(owner.future === future)
    #expect(owner.dropped.value == 0)
    future = nil
    #expect(owner.future == nil)
    #expect(owner.dropped.value == 1)
  }

  @Test func `A future with a callback is kept although it was held loosely before`() {
    let owner = Owner()
    let seen = Log<Int>()
    weak var future: Future<Int>?
    do {
      let made = owned(by: owner)
      future = made
      made.holdWeakly(by: owner)
      made.onCompletion { _ in seen.append(1) }
    }
    #expect(future != nil && owner.dropped.value == 0)
    owner.releaseFuture().map { unsafeDowncast($0, to: Future<Int>.self) }?.succeed(1)
    #expect(seen.all == [1])
    #expect(future == nil && owner.dropped.value == 0)
  }

  @Test func `A future that is abandoned twice is dropped once`() {
    let owner = Owner()
    do {
      let future = owned(by: owner)
      future.holdWeakly(by: owner)
      future.waiterLeft(byCancellation: true)
      future.holdWeakly(by: owner)
      #expect(owner.dropped.value == 0)
      #expect(owner.future === future)
    }
    #expect(owner.dropped.value == 1)
  }

  @Test func `A callback registered while the hold is being loosened is kept`() {
    let owner = Owner()
    let seen = Log<Int>()
    weak var future: Future<Int>?
    do {
      let made = owned(by: owner)
      future = made
      made.holdWeakly(by: owner)
      var isFirst = true
      // Another thread registers when this one has read that the hold is to be loose.
      made.applyHold(of: owner) {
        if isFirst { made.onCompletion { _ in seen.append(1) } }
        isFirst = false
      }
    }
    #expect(future != nil && owner.dropped.value == 0)
    owner.releaseFuture().map { unsafeDowncast($0, to: Future<Int>.self) }?.succeed(1)
    #expect(seen.all == [1])
  }

  @Test func `A future that is abandoned while its hold is being made firm is dropped`() {
    let owner = Owner()
    weak var future: Future<Int>?
    do {
      let made = owned(by: owner)
      future = made
      made.holdWeakly(by: owner)
      let callback = CallbackWaiter(in: nil) { _ in }
      made.addCallback(callback)
      var isFirst = true
      // Another thread takes the callback off when this one has read that the hold is to be firm.
      made.applyHold(of: owner) {
        if isFirst {
          made.removeCallback(callback)
          made.waiterLeft(byCancellation: true)
        }
        isFirst = false
      }
    }
    #expect(future == nil)
    #expect(owner.dropped.value == 1)
  }

  @Test func `A future that was let go of is not held again`() {
    let owner = Owner()
    weak var future: Future<Int>?
    do {
      let made = owned(by: owner)
      future = made
      made.holdWeakly(by: owner)
      #expect(owner.releaseFuture() === made)
      #expect(owner.releaseFuture() == nil)
      made.onCompletion { _ in }
      #expect(owner.future == nil)
    }
    #expect(future == nil)
  }

  @Test func `A future that is done is not held weakly, and its source is not told of a drop`() {
    let owner = Owner()
    do {
      let future = owned(by: owner)
      future.holdWeakly(by: owner)
      owner.releaseFuture()
      future.succeed(1)
      future.holdWeakly(by: owner)
    }
    #expect(owner.dropped.value == 0)
  }

  @Test func `A future with a waiter is not held weakly`() {
    let owner = Owner()
    weak var future: Future<Int>?
    do {
      let made = owned(by: owner)
      future = made
      made.onCompletion { _ in }
      made.waiterLeft(byCancellation: true)
      made.holdWeakly(by: owner)
    }
    #expect(future != nil)
    owner.releaseFuture().map { unsafeDowncast($0, to: Future<Int>.self) }?.succeed(1)
  }

  @Test func `A future whose last waiter left without a cancellation is not abandoned`() {
    let owner = Owner()
    weak var future: Future<Int>?
    do {
      let made = owned(by: owner)
      future = made
      made.waiterLeft(byCancellation: false)
    }
    #expect(future != nil && owner.dropped.value == 0)
    owner.releaseFuture().map { unsafeDowncast($0, to: Future<Int>.self) }?.succeed(1)
  }

  @Test func `A chain of dropped futures is dropped on a flat stack`() {
    // `@unchecked Sendable`: as its base class; `held` is set once, before the source is used.
    final class Next: OwningSource, @unchecked Sendable {
      var held: FutureCore?
      override func futureWasDropped() { held = nil }
    }
    PlainThread {
      let last = Owner()
      var future = Future<Int>(
        pending: nil, site: .init(function: "", file: "", line: 1), source: last)
      last.own(future)
      future.holdWeakly(by: last)
      for _ in 0..<50_000 {
        let source = Next()
        source.held = future
        let outer = Future<Int>(
          pending: nil, site: .init(function: "", file: "", line: 1), source: source)
        source.own(outer)
        outer.holdWeakly(by: source)
        future = outer
      }
      future = Future(value: 1)
      #expect(last.dropped.value == 1)
    }.join()
  }
}
