// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Synchronization
import Testing

@testable import Arrival

/// Callbacks have the task-local values of the code that registered them.
@Suite struct CallbackContextTests {
  private enum Request {
    @TaskLocal static var id = "none"
    @TaskLocal static var user: String?
    @TaskLocal static var vector = SIMD2<Double>(repeating: 0)
    @TaskLocal static var nothing: Void = ()
    @TaskLocal static var object: Object?
  }

  private final class Object: Sendable {}

  /// Completes the promise as another request.
  private func succeed(_ promise: Promise<Int>, _ value: Int = 1) {
    Request.$id.withValue("completer") {
      Request.$user.withValue("somebody") { promise.succeed(value) }
      #expect(Request.id == "completer")
    }
  }

  @Test func `The runtime keeps task-local values as expected`() {
    #expect(CallbackContext.isSupported)
  }

  @Test func `Each kind of callback has the values of its own registration`() throws {
    let promise = Promise<Int>()
    let seen = Log<String>()
    @Sendable func see(_ kind: String) {
      seen.append("\(kind) \(Request.id) \(Request.user ?? "-")")
    }
    let derived: [Future<Int>] = ["a", "b"].flatMap { id in
      Request.$id.withValue(id) {
        let future = promise.future
        future.onCompletion { _ in see("callback") }
        return [
          future.map { value in
            see("map")
            return value
          },
          future.flatMap { value in
            see("flatMap")
            return Future(value: value)
          },
          future.map { _ -> Int in throw Oops() }.recover { _ in
            see("recover")
            return 0
          },
        ]
      }
    }
    let sum = Request.$id.withValue("c") {
      Future.reduce(derived, from: 0) { sum, next in
        if sum == 0 { see("reduce") }
        return sum + next
      }
    }
    promise.future.onCompletion { _ in see("callback") }
    succeed(promise)
    #expect(try sum.getResult() == 4)
    #expect(
      seen.all.sorted() == [
        "callback a -", "callback b -", "callback none -", "flatMap a -", "flatMap b -", "map a -",
        "map b -", "recover a -", "recover b -", "reduce c -",
      ])
  }

  @Test func `What is called at a cancellation has the values of its registration`() {
    let promise = Promise<Int>()
    let seen = Log<String>()
    Request.$id.withValue("request") {
      promise.onCancel { seen.append("onCancel \(Request.id)") }
      let always = promise.future.always { _ in seen.append("always \(Request.id)") }
      Request.$id.withValue("canceller") { always.cancel() }
    }
    Request.$id.withValue("canceller") { promise.future.cancel() }
    #expect(seen.all.sorted() == ["always request", "onCancel request"])
  }

  @Test func `Callbacks have their values wherever the future is completed`() async throws {
    let seen = Log<String>()
    func promise() -> Promise<Int> {
      let promise = Promise<Int>()
      Request.$id.withValue("request") {
        promise.future.onCompletion { _ in seen.append("\(Request.id) \(Request.user ?? "-")") }
      }
      return promise
    }
    let promises = (0..<6).map { _ in promise() }
    promises[0].succeed(1)
    let thread = PlainThread { [self] in
      promises[1].succeed(1)
      succeed(promises[2])
    }
    thread.join()
    await Task { succeed(promises[3]) }.value
    try await Future { succeed(promises[4]) }.value
    await withTaskGroup { group in
      group.addTask { succeed(promises[5]) }
    }
    #expect(seen.all == Array(repeating: "request -", count: 6))
  }

  @Test func `Callbacks of a child task have its values and those of its parents`() async {
    let promise = Promise<Int>()
    let seen = Log<String>()
    await Request.$id.withValue("parent") {
      await withTaskGroup { group in
        group.addTask {
          Request.$user.withValue("child") {
            promise.future.onCompletion { _ in
              seen.append("\(Request.id) \(Request.user ?? "-")")
            }
          }
        }
      }
    }
    succeed(promise)
    #expect(seen.all == ["parent child"])
  }

  @Test func `A callback of a done future has the values too, and those of the caller stay`() {
    let seen = Log<String>()
    Request.$id.withValue("request") {
      Future(value: 1).onCompletion { _ in seen.append(Request.id) }
      #expect(Request.id == "request")
    }
    #expect(seen.all == ["request"])
  }

  @Test func `Tasklets and tasks that a callback starts have the values`() async throws {
    let promise = Promise<Int>()
    let results = Request.$id.withValue("request") {
      (
        promise.future.flatMap { _ in Future { Request.id } },
        promise.future.map { _ in Task { Request.id } }
      )
    }
    succeed(promise)
    #expect(try await results.0.value == "request")
    #expect(try await results.1.value.value == "request")
  }

  @Test func `A callback of a timer has the values`() throws {
    let manual = ManualExecutor()
    let id = Request.$id.withValue("request") {
      Future.sleep(for: .seconds(1), on: manual.executor).map { Request.id }
    }
    Request.$id.withValue("clock") { manual.advance(by: .seconds(1)) }
    #expect(try id.getResult() == "request")
  }

  @Test func `A quiescence callback has the values of its registration`() {
    let manual = ManualExecutor()
    let seen = Log<String>()
    Request.$id.withValue("request") {
      _ = manual.executor.onQuiescence { seen.append(Request.id) }
    }
    Request.$id.withValue("runner") { manual.run() }
    #expect(seen.all == ["request"])
  }

  @Test func `Values may be of any size and alignment`() {
    let promise = Promise<Int>()
    let seen = Log<SIMD2<Double>>()
    Request.$vector.withValue(.init(repeating: 3)) {
      Request.$nothing.withValue(()) {
        Request.$id.withValue("request") {
          promise.future.onCompletion { _ in seen.append(Request.vector) }
        }
      }
    }
    succeed(promise)
    #expect(seen.all == [.init(repeating: 3)])
  }

  @Test func `Of a value that is bound twice, a callback has the inner one`() {
    let promise = Promise<Int>()
    let seen = Log<String>()
    Request.$id.withValue("outer") {
      Request.$id.withValue("inner") {
        promise.future.onCompletion { _ in
          seen.append(Request.id)
          Request.$id.withValue("own") { seen.append(Request.id) }
          seen.append(Request.id)
        }
      }
    }
    succeed(promise)
    #expect(seen.all == ["inner", "own", "inner"])
  }

  @Test func `Callbacks that complete futures give none of their values to others`() {
    let (first, second) = (Promise<Int>(), Promise<Int>())
    let seen = Log<String>()
    Request.$user.withValue("first") {
      first.future.onCompletion { _ in
        second.succeed(2)
        seen.append("\(Request.id) \(Request.user ?? "-")")
      }
    }
    Request.$id.withValue("second") {
      second.future.onCompletion { _ in seen.append("\(Request.id) \(Request.user ?? "-")") }
    }
    succeed(first)
    #expect(seen.all == ["none first", "second -"])
  }

  @Test func `Values are freed with the callback`() {
    let promise = Promise<Int>()
    let place = Weak<Object>()
    do {
      let object = Object()
      place.object = object
      Request.$object.withValue(object) { promise.future.onCompletion { _ in } }
    }
    #expect(place.object != nil)
    succeed(promise)
    #expect(place.object == nil)
  }

  @Test func `A callback that blocks for its own tasklet is still found as a deadlock`() async {
    let promise = Promise<Int>()
    let own = Promise<Future<Int>>()
    let result = Request.$id.withValue("request") {
      promise.future.map { _ in try own.future.getResult().getResult() }
    }
    let tasklet = Request.$id.withValue("tasklet") {
      Future {
        succeed(promise)
        return 1
      }
    }
    own.succeed(tasklet)
    #expect(await result.getException() is DeadlockError)
    await tasklet.wait()
  }

  @Test func `Many threads register and complete at once`() {
    let promises = (0..<2_000).map { _ in Promise<Int>() }
    let wrong = Counter()
    onThreads(4) { thread in
      for (index, promise) in promises.enumerated() {
        if thread < 2 {
          let id = "\(thread) \(index)"
          Request.$id.withValue(id) {
            promise.future.onCompletion { _ in if Request.id != id { wrong.raise() } }
          }
        } else {
          Request.$id.withValue("completer") {
            _ = promise.complete(.success(1))
            if Request.id != "completer" { wrong.raise() }
          }
        }
      }
    }
    #expect(wrong.value == 0)
  }
}
