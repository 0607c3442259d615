// SPDX-License-Identifier: Apache-2.0
#if Lifecycle
  import Arrival
  import ArrivalLifecycle
  import ServiceLifecycle
  import ServiceLifecycleTestKit
  import Testing

  @Suite struct ExecutorServiceTests {
    private let executor = TaskletExecutor("images")

    @Test func `A graceful shutdown lets tasklets end and refuses new ones`() async throws {
      let gate = Promise<Int>()
      let tasklet = Future(on: executor) { try await gate.future.value }
      try await testGracefulShutdown { trigger in
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { try await ExecutorService(executor).run() }
          trigger.triggerGracefulShutdown()
          gate.succeed(7)
          try await group.waitForAll()
        }
      }
      #expect(try await tasklet.value == 7)
      await #expect(throws: ExecutorShutDown.self) { try await Future(on: executor) { 1 }.value }
    }

    @Test func `Tasklets that do not end in time are named`() async throws {
      let gate = Promise<Int>()
      let tasklet = Future("slow", on: executor) { await gate.future.wait() }
      let error = try await #require(throws: UnfinishedWork.self) {
        try await testGracefulShutdown { trigger in
          try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
              try await ExecutorService(executor, within: .milliseconds(1)).run()
            }
            trigger.triggerGracefulShutdown()
            try await group.waitForAll()
          }
        }
      }
      #expect(error.pending.count == 1)
      #expect(error.description.contains("slow"))
      #expect(await tasklet.getException() is ExecutorShutDown)
      gate.succeed(1)
    }
  }
#endif
