// SPDX-License-Identifier: Apache-2.0
import Arrival
import Testing

@Suite struct FutureTests {
  @Test func `A new future is not done and says where it was created`() {
    let promise = Promise<Int>("answer")
    let line = #line - 1
    #expect(!promise.future.done())
    let text = promise.future.description
    #expect(
      text
        == "Future<Int> \"answer\" created in \(#function) at \(#fileID):\(line), pending")
    #expect(promise.future.name == "answer")
    #expect(promise.future.creationSite.line == line)
    #expect(promise.future.creationSite.file == #fileID)
    #expect(promise.future.creationSite.function == #function)
    promise.succeed(1)
  }

  @Test func `A description follows the state`() {
    let value = Future(value: 42)
    #expect(value.description.hasSuffix(", result 42"))
    let failed = Future<Int>(error: Oops(7))
    #expect(failed.description.hasSuffix(", exception Oops: Oops(number: 7)"))
    let promise = Promise<String>()
    #expect(promise.future.description.hasSuffix(", pending"))
    promise.succeed("hello")
    #expect(promise.future.description.hasSuffix(", result hello"))
  }

  @Test func `A description without a name leaves no gap`() {
    #expect(Future(value: 1).description.hasPrefix("Future<Int> created in "))
  }

  @Test func `A tasklet's future names its creation`() {
    let future = Future("work") { 1 }
    let line = #line - 1
    #expect(future.creationSite.line == line)
    #expect(future.creationSite.function == #function)
    #expect(future.description.contains("Future<Int> \"work\" created in"))
    future.wait()
  }

  @Test func `A value is there twice, without error or traceback`() throws {
    let future = Future(value: 42)
    #expect(future.done())
    #expect(try future.getResult() == 42)
    #expect(try future.getResult() == 42)
    #expect(future.getException() == nil)
    #expect(future.getTraceback() == nil)
    try future.checkSuccess()
    future.wait()
    #expect(!future.isCancelled)
  }

  @Test func `A value is there twice for a task, without error or traceback`() async throws {
    let future = Future(value: 42)
    #expect(try await future.getResult() == 42)
    #expect(try await future.value == 42)
    #expect(try await future.result.get() == 42)
    #expect(await future.getException() == nil)
    #expect(await future.getTraceback() == nil)
    try await future.checkSuccess()
    await future.wait()
  }

  @Test func `The identical error comes out of every member every time`() {
    let error = Unique()
    let future = Future<Int>(error: error)
    #expect(future.done())
    for _ in 0..<2 {
      #expect(future.getException() as? Unique === error)
      #expect(throws: error) { try future.getResult() }
      #expect(throws: error) { try future.checkSuccess() }
      future.wait()
    }
    #expect(future.getTraceback() != nil)
  }

  @Test func `The identical error comes out of every member for a task`() async {
    let error = Unique()
    let future = Future<Int>(error: error)
    for _ in 0..<2 {
      #expect(await future.getException() as? Unique === error)
      await #expect(throws: error) { try await future.getResult() }
      await #expect(throws: error) { try await future.checkSuccess() }
      await #expect(throws: error) { try await future.value }
      await #expect(throws: error) { try await future.result.get() }
      await future.wait()
    }
    #expect(await future.getTraceback() != nil)
  }

  @Test func `A future made of a result has its value or its error`() throws {
    #expect(try Future(result: .success(3)).getResult() == 3)
    let failed = Future<Int>(result: .failure(Oops(1)))
    #expect(failed.getException() as? Oops == Oops(1))
  }

  @Test func `nil, Void and a future are values like any other`() throws {
    let none = Future<Int?>(value: nil)
    #expect(none.done())
    #expect(try none.getResult() == nil)
    #expect(none.getException() == nil)

    let empty = Promise<Void>()
    empty.succeed()
    #expect(empty.future.done())
    try empty.future.checkSuccess()

    let inner = Promise<Int>()
    let outer = Future<Future<Int>>(value: inner.future)
    #expect(outer.done())
    #expect(try outer.getResult() === inner.future)
    #expect(!inner.future.done())

    let optional = Promise<Int?>()
    optional.succeed(nil)
    #expect(!optional.succeed(1))
    #expect(try optional.future.getResult() == nil)
    inner.succeed(1)
  }

  @Test func `A tasklet may return nil, Void or a future`() throws {
    let inner = Promise<Int>()
    #expect(try Future<Int?> { nil }.getResult() == nil)
    try Future<Void> {}.getResult()
    #expect(try Future<Future<Int>> { inner.future }.getResult() === inner.future)
    inner.succeed(1)
  }

  @Test func `A traceback names the creation, then the failure`() throws {
    let promise = Promise<Int>("p")
    let created = #line - 1
    promise.fail(Oops())
    let failed = #line - 1
    let traceback = try #require(promise.future.getTraceback())
    #expect(traceback.frames.map(\.line) == [created, failed])
    #expect(traceback.frames.map(\.kind) == [.creation(future: "p"), .failure])
    let lines = traceback.format().split(separator: "\n")
    #expect(lines.first == "Traceback (most recent call last):")
    #expect(lines.count == 3)
    #expect(lines[1].contains("line \(created), in \(#function) (future \"p\" created)"))
    #expect(lines[2].contains("line \(failed)"))
    #expect(traceback == promise.future.getTraceback())
  }
}
