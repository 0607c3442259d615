// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Testing

@testable import Arrival

/// Throws from many threads at once.
@Suite struct ThrowStressTests {
  @Test func `Child tasks that throw at the same time keep their frames apart`() async throws {
    for round in 0..<50 {
      let isOther = round.isMultiple(of: 2)
      let future = Future {
        try await withThrowingTaskGroup(of: Int.self) { group in
          for index in 0..<64 {
            group.addTask {
              await Task.yield()
              return try index.isMultiple(of: 2) == isOther ? throwOther() : throwMissing()
            }
          }
          return try await group.next() ?? 0
        }
      }
      let functions = try await trace(of: future).functions
      let isMissing = future.failure?.error is Missing
      // The record of an error that is still alive may have been overwritten. Then it has no
      // frames.
      #expect([[], [isMissing ? "throwMissing" : "throwOther"]].contains(functions))
    }
  }

  @Test func `Tasklets that throw at the same time have the frames of their own throws`()
    async throws
  {
    let executor = TaskletExecutor("throwing", configuration: .init(threads: 8))
    let futures = (0..<500).map { index in
      Future(on: executor) {
        for _ in 0..<20 {
          _ = try? throwOther()
          if index.isMultiple(of: 3) { await Task.yield() }
        }
        return try await index.isMultiple(of: 2) ? outermost() : Int(rethrowAfterMore())
      }
    }
    for (index, future) in futures.enumerated() {
      let functions = try await trace(of: future).functions
      if index.isMultiple(of: 2) {
        #expect(functions == ["outermost", "middle", "innermost", "throwMissing"])
      } else {
        // After so many errors in one job, only the second throw may be recorded.
        #expect(
          functions == ["rethrowAfterMore", "throwMissing"] || functions == ["rethrowAfterMore"])
      }
    }
    await executor.shutdown()
  }

  @Test func `Unstructured tasks started by a tasklet may throw after it has ended`() async throws {
    for _ in 0..<200 {
      let started = Promise<Task<Int, any Error>>()
      let future = Future {
        started.succeed(
          Task {
            for _ in 0..<100 { _ = try? throwOther() }
            return try throwOther()
          })
        return try throwMissing()
      }
      #expect(try await trace(of: future).functions == ["throwMissing"])
      let plain = try await started.future.getResult()
      #expect(await plain.result.isFailure)
    }
  }
}

extension Result {
  fileprivate var isFailure: Bool { if case .failure = self { true } else { false } }
}
