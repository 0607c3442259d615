// SPDX-License-Identifier: Apache-2.0
#if Server && SQLite
  import DatastoreCloud
  import DatastoreInMemory
  import DatastoreModel
  import Dispatch
  import NIOCore
  import NIOPosix
  import Synchronization
  import Testing

  @testable import DatastoreServer

  @Suite struct RequestExecutorTests {
    private var loop: ObjectIdentifier? {
      MultiThreadedEventLoopGroup.currentEventLoop.map { ObjectIdentifier($0) }
    }

    @Test(arguments: 0..<4)
    func `A task goes on in the loop that began it, whichever thread resumes it`(
      _ number: Int
    ) async throws {
      let group = MultiThreadedEventLoopGroup(numberOfThreads: 4)
      let executor = RequestExecutor(group)
      let begins = Array(group.makeIterator())[number]
      let loops = try await withCheckedThrowingContinuation { done in
        begins.execute {
          Task(executorPreference: executor) {
            let first = loop
            await withCheckedContinuation { resume in
              DispatchQueue.global().async { resume.resume() }
            }
            done.resume(returning: [first, loop])
          }
        }
      }
      #expect(loops == [ObjectIdentifier(begins), ObjectIdentifier(begins)])
      try await group.shutdownGracefully()
    }

    @Test func `A request over gRPC is answered on an event loop`() async throws {
      let seen = Mutex<[Bool]>([])
      let simulated = SimulatedBackend(InMemoryBackend())
      simulated.when(
        { _ in
          seen.withLock { $0.append(loop != nil) }
          return false
        }, .wait(.zero))
      try await withServer(.init(), SingleStore(simulated)) { server in
        let backend = try server.backend()
        _ = try await backend.lookup([Key("Task", id: 1)])
        try await backend.close()
      }
      #expect(seen.withLock { $0 } == [true])
    }
  }
#endif
