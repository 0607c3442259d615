// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Testing

@testable import Arrival

/// Traces of errors that passed through several futures.
@Suite struct AwaitedTraceTests {
  @Test func `The trace of a future that awaits another leads on to the other's trace`()
    async throws
  {
    let inner = Future("inner") { try await outermost() }
    let outer = Future("outer") { try await awaitResult(of: inner) }
    let trace = try await trace(of: outer)
    #expect(trace.links.map(\.name) == ["outer", "inner"])
    #expect(trace.functions == ["awaitResult"])
    let upstream = try #require(trace.upstream)
    #expect(upstream === inner.failure?.trace)
    #expect(upstream.functions == ["outermost", "middle", "innermost", "throwMissing"])
  }

  @Test func `The trace of a future that blocks for another leads on to the other's trace`()
    async throws
  {
    let inner = Future("inner") { try await outermost() }
    let outer = Future("outer") { try blockForResult(of: inner) }
    let trace = try await trace(of: outer)
    #expect(trace.links.map(\.name) == ["outer", "inner"])
    #expect(trace.functions == ["blockForResult"])
  }

  @Test func `The frames are those of the wait whose error was not caught`()
    async throws
  {
    let inner = Future("inner") { try throwMissing() }
    let outer = Future("outer") {
      _ = try? await awaitResult(of: inner)
      return try blockForResult(of: inner)
    }
    let trace = try await trace(of: outer)
    #expect(trace.functions == ["blockForResult"])
    #expect(trace.links.map(\.name) == ["outer", "inner"])
  }

  @Test func `A thousand futures share the trace of the one whose error they have`() async throws {
    let inner = Future("inner") { try await outermost() }
    let outer = (0..<1000).map { _ in Future("outer") { try await awaitResult(of: inner) } }
    for future in outer {
      let trace = try await trace(of: future)
      #expect(trace.upstream === inner.failure?.trace)
      #expect(trace.functions == ["awaitResult"])
    }
  }

  @Test func `The keys of a batch share the trace of their operation's error`() async throws {
    let batcher = Batcher<Int, Int>("numbers") { (keys: [Int]) async throws -> [Int: Int] in
      [keys[0]: try await outermost()]
    }
    let futures = (0..<1000).map { batcher.load($0) }
    let upstream = try #require(try await trace(of: futures[0]).upstream)
    #expect(upstream.functions == ["outermost", "middle", "innermost", "throwMissing"])
    for future in futures {
      // Each batch has its own trace.
      #expect(try await trace(of: future).upstream?.functions == upstream.functions)
    }
    #expect(Set(futures.map { ObjectIdentifier($0.failure!.trace.upstream!) }).count < 100)
  }

  @Test func `The trace of a promise that is failed in a tasklet has the frames of the throw`()
    async throws
  {
    let promise = Promise<Int>("promise")
    let tasklet = Future<Void>("tasklet") {
      do { _ = try await outermost() } catch { promise.fail(error) }
    }
    let trace = try await trace(of: promise.future)
    #expect(trace.links.map(\.name) == ["promise", "tasklet"])
    #expect(trace.upstream?.functions == ["outermost", "middle", "innermost", "throwMissing"])
    try await tasklet.getResult()
  }

  @Test func `A trace through ten thousand futures is read and freed without recursion`()
    async throws
  {
    let count = 10_000
    var future = Future { try throwMissing() }
    for _ in 0..<count {
      let inner = future
      future = Future { try await awaitResult(of: inner) }
    }
    var trace: Trace? = try await trace(of: future)
    future = Future(value: 1)
    #expect(trace?.links.count == count + 1)
    #expect(trace?.functions == ["awaitResult"])
    #expect(trace?.links.last?.functions == ["throwMissing"])
    trace = nil
  }

  @Test func `An error that was handled is freed with everything that it holds`() async throws {
    final class Token: Sendable {}
    struct Holding: Error { let token: Token }
    weak var token: Token?
    let tasklet: Future<Void> = {
      let new = Token()
      token = new
      return Future { do { throw Holding(token: new) } catch {} }
    }()
    try await tasklet.getResult()
    await yield { token == nil }
  }
}
