// SPDX-License-Identifier: Apache-2.0
import Arrival
import Foundation
import Synchronization
import Testing

/// Something that goes wrong in a test, recognisable by its number.
struct Oops: Error, Hashable {
  let number: Int
  init(_ number: Int = 0) { self.number = number }
}

/// An error with an identity, to tell "the same error" from another of its type.
final class Unique: Error, Equatable {
  static func == (a: Unique, b: Unique) -> Bool { a === b }
}

/// What happened, in order, from whatever thread.
final class Log<Element: Sendable>: Sendable {
  private let elements = Mutex<[Element]>([])

  func append(_ element: Element) { elements.withLock { $0.append(element) } }
  var all: [Element] { elements.withLock { $0 } }
  var count: Int { elements.withLock { $0.count } }
}

/// A count that any thread may raise.
final class Counter: Sendable {
  private let number = Atomic<Int>(0)

  @discardableResult
  func raise() -> Int { number.add(1, ordering: .acquiringAndReleasing).newValue }
  var value: Int { number.load(ordering: .acquiring) }
}

/// Where a closure finds what is made after it, without holding it; set before anybody reads it.
final class Weak<Object: AnyObject & Sendable>: @unchecked Sendable {
  weak var object: Object?
}

/// A thread that knows nothing of executors and tasks.
final class PlainThread: Sendable {
  private let end = DispatchSemaphore(value: 0)

  init(_ body: @escaping @Sendable () -> Void) {
    Thread { [end] in
      body()
      end.signal()
    }.start()
  }

  /// Blocks until the body has returned; once.
  func join() { end.wait() }
}

/// Runs the body on a plain thread, in no task, and blocks for it. A test itself runs in a task.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) throws -> Value {
  let promise = Promise<Value>()
  PlainThread { promise.complete(Result(catching: body)) }.join()
  return try promise.future.getResult()
}

/// Runs `body(0)` to `body(count - 1)` each on a thread of its own, all at once; blocks for all.
func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
  let start = Promise<Void>()
  let threads = (0..<count).map { index in
    PlainThread {
      start.future.wait()
      body(index)
    }
  }
  start.succeed()
  for thread in threads { thread.join() }
}

/// Gives way to other threads until the condition holds: for events that no gate can announce,
/// such as "the other thread has registered". After minutes the test has failed.
func spin(until condition: () -> Bool, at location: SourceLocation = #_sourceLocation) {
  let limit = ContinuousClock.now + .seconds(300)
  while !condition() {
    if ContinuousClock.now > limit {
      Issue.record("what was waited for did not come", sourceLocation: location)
      return
    }
    sched_yield()
  }
}

/// As `spin`, for tasks.
func yield(until condition: () -> Bool, at location: SourceLocation = #_sourceLocation) async {
  let limit = ContinuousClock.now + .seconds(300)
  while !condition() {
    if ContinuousClock.now > limit {
      Issue.record("what was waited for did not come", sourceLocation: location)
      return
    }
    await Task.yield()
  }
}

/// The processor time that `body` takes on this thread: other tests, which run at the same time,
/// do not count.
func measured(_ body: () -> Void) -> Duration {
  func now() -> Duration {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
  let start = now()
  body()
  return now() - start
}

extension Future {
  /// A future that is done as this one, but that no waiting thread can run in place.
  var detached: Future<Value> {
    let promise = Promise<Value>()
    onCompletion { promise.complete($0) }
    return promise.future
  }
}
