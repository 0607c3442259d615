// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Testing

@testable import Arrival

/// The frames of the throw that ended a tasklet.
@Suite struct ThrowTracebackTests {
  @Test
  func `The frames have the functions down to the throw, including async functions that wait`()
    async throws
  {
    let trace = try await trace(of: Future("a") { try await outermost() })
    #expect(trace.functions == ["outermost", "middle", "innermost", "throwMissing"])
    #expect(trace.name == "a")
    #expect(trace.upstream == nil)
    // The synchronous frames come first.
    let frames = try #require(trace.frames)
    #expect((1..<frames.addresses.count).contains(frames.asyncStart))
  }

  @Test func `A closure that never suspends has frames too`() async throws {
    #expect(try await trace(of: Future { try throwMissing() }).functions == ["throwMissing"])
  }

  @Test func `Frames end where the job began, even if it runs on the stack of a waiting thread`()
    async throws
  {
    let inner = Future(on: TaskletExecutor("unused", configuration: .init(threads: 1))) {
      try await outermost()
    }
    // Only this blocking wait can run it.
    let outer = Future { try blockForResult(of: inner) }
    let functions = try await trace(of: inner).functions
    #expect(functions == ["outermost", "middle", "innermost", "throwMissing"])
    #expect(try await trace(of: outer).functions == ["blockForResult"])
  }

  @Test func `An error that is thrown again keeps the frames of its first throw`() async throws {
    let trace = try await trace(of: Future { try await rethrowAfterMore() })
    #expect(trace.functions == ["rethrowAfterMore", "throwMissing"])
  }

  @Test func `The frames of an error that was handled are not those of a later error`() async throws
  {
    for _ in 0..<100 {
      let future = Future {
        // Most errors get the address of the previous one.
        for _ in 0..<50 { _ = try? throwMissing() }
        return try throwOther()
      }
      #expect(try await trace(of: future).functions == ["throwOther"])
      let unthrown = Future {
        _ = try? throwMissing()
        // No function throws this error.
        return try await withUnsafeThrowingContinuation { $0.resume(throwing: Missing(number: 1)) }
          as Int
      }
      #expect(try await trace(of: unthrown).functions == [])
    }
  }

  @Test func `An error that was thrown without a box is found by its type and value`() async throws
  {
    let future = Future<Int> {
      _ = try? throwTyped(1)
      return try throwTyped(2)
    }
    #expect(try await trace(of: future).functions == ["throwTyped"])
    let unthrown = Future {
      do { _ = try throwTyped(1) } catch {}
      return try await withUnsafeThrowingContinuation { $0.resume(throwing: Missing(number: 2)) }
        as Int
    }
    #expect(try await trace(of: unthrown).functions == [])
  }

  @Test func `An error thrown by code that is generic over its type has frames`() async throws {
    let result = Result<Int, any Error>.failure(Missing())
    let future = Future { try result.get() }
    #expect(try await trace(of: future).frames != nil)
  }

  @Test
  func `A child task's error has frames, and cancelled siblings do not displace them`()
    async throws
  {
    let future = Future {
      // The error comes after the records that stay, where the next throw displaces it.
      let kept = (0..<5).map { _ in Result { try throwOther() } }
      defer { withExtendedLifetime(kept) {} }
      return try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<64 {
          group.addTask {
            try? await Future<Int>(pending: nil, site: here).checkSuccess()
            return try throwCancellation()
          }
        }
        group.addTask { try await outermost() }
        return try await group.next() ?? 0
      }
    }
    let functions = try await trace(of: future).functions
    #expect(functions == ["outermost", "middle", "innermost", "throwMissing"])
    let asyncLet = Future {
      async let value = outermost()
      return try await value
    }
    let frames = try await trace(of: asyncLet).functions
    #expect(frames == ["outermost", "middle", "innermost", "throwMissing"])
  }

  @Test func `A task that changes threads has all frames`() async throws {
    let other = TaskletExecutor("other", configuration: .init(threads: 1))
    let future = Future {
      try await withTaskExecutorPreference(other) { try await outermost() }
    }
    let functions = try await trace(of: future).functions
    #expect(functions == ["outermost", "middle", "innermost", "throwMissing"])
    let onMain = Future { try await Task { @MainActor in try throwMissing() }.value }
    #expect(try await trace(of: onMain).functions == ["throwMissing"])
  }

  @Test func `Errors that were not thrown, and throws outside of tasklets, have no frames`()
    async throws
  {
    #expect(try await trace(of: Future<Int>(error: Missing())).frames == nil)
    let promise = Promise<Int>()
    do { _ = try throwMissing() } catch { promise.fail(error) }
    let trace = try await trace(of: promise.future)
    #expect(trace.frames == nil && trace.upstream == nil)
  }

  private let here = SourceSite(function: #function, file: #fileID, line: #line)
}
