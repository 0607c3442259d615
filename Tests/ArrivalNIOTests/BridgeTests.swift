// SPDX-License-Identifier: Apache-2.0
#if NIO
  import Arrival
  import NIOCore
  import NIOPosix
  import Synchronization
  import Testing

  @testable import ArrivalNIO

  struct Oops: Error, Hashable {}

  @Suite struct BridgeTests {
    private let eventLoop = MultiThreadedEventLoopGroup.singleton.next()

    @Test func `A result goes from an event loop's future to a future`() async throws {
      let promise = eventLoop.makePromise(of: Int.self)
      let future = promise.futureResult.asFuture("answer")
      #expect(!future.done())
      promise.succeed(42)
      #expect(try await future.value == 42)
      #expect(future.name == "answer")
    }

    @Test func `An error goes over unchanged, with the place of the conversion`() async throws {
      let failed: EventLoopFuture<Int> = eventLoop.makeFailedFuture(Oops())
      let future = failed.asFuture()
      await #expect(throws: Oops()) { try await future.value }
      let traceback = await future.getTraceback()
      #expect(traceback?.description.contains("BridgeTests.swift") == true)
    }

    @Test func `A result goes from a future to an event loop's future`() async throws {
      let value = try await Future { 42 }.asEventLoopFuture(on: eventLoop).get()
      #expect(value == 42)
      let failed = Future<Int> { throw Oops() }.asEventLoopFuture(on: eventLoop)
      await #expect(throws: Oops()) { try await failed.get() }
    }

    @Test func `An event loop's future calls back on its event loop`() async throws {
      let eventLoop = eventLoop
      let isOnLoop = try await Future { 1 }.asEventLoopFuture(on: eventLoop)
        .map { _ in eventLoop.inEventLoop }.get()
      #expect(isOnLoop)
    }

    @Test func `An awaiting tasklet has its frames in the traceback`() async throws {
      let promise = eventLoop.makePromise(of: Int.self)
      let page = Future("page") { try await promise.futureResult.asFuture("reply").value }
      promise.fail(Oops())
      let traceback = await page.getTraceback()
      let text = try #require(traceback?.description)
      #expect(text.contains("reply") && text.contains("page"))
    }

    @Test func `Loads of one turn of an event loop are sent together`() async throws {
      let calls = Mutex<[[Int]]>([])
      let users = Batcher<Int, Int>("users", configuration: .init(maxDelay: .seconds(60))) {
        (ids: [Int]) in
        calls.withLock { $0.append(ids) }
        return Dictionary(uniqueKeysWithValues: ids.map { ($0, $0 * 10) })
      }
      let eventLoop = eventLoop
      let values = try await eventLoop.flatSubmit {
        EventLoopFuture.whenAllSucceed(
          (1...50).map { users.load($0, on: eventLoop) }, on: eventLoop)
      }.get()
      #expect(values == (1...50).map { $0 * 10 })
      #expect(calls.withLock { $0 } == [Array(1...50)])
    }

    @Test func `A blocking wait on an event loop is refused, with NIO's message and the place`()
      async throws
    {
      let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        EventLoopProtection.install()
        let promise = Promise<Int>()
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        _ = try? await eventLoop.submit { try promise.future.getResult() }.get()
        promise.succeed(1)
      }
      let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
      #expect(
        text.contains("BUG DETECTED: a blocking wait must not be called when on an EventLoop"))
      #expect(text.contains("asEventLoopFuture(on:)"))
      // A macro's expansion has the name of a generated file.
      #expect(text.contains("- the wait: ") && text.contains(".swift:"), "\(text)")
    }

    #if DEBUG
      // A loop that was shut down never completes its promises. A debug build of NIO then traps.
      @Test func `NIO's report of a lost promise names the place of the conversion`() async throws {
        let result = await #expect(
          processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
          let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
          let loop = group.next()
          try await group.shutdownGracefully()
          _ = Future<Int>(value: 1).asEventLoopFuture(on: loop)
        }
        let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
        #expect(text.contains("leaking promise") && text.contains("BridgeTests.swift"))
      }

      @Test func `NIO's report of a lost load names the place of the load`() async throws {
        let result = await #expect(
          processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
          let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
          let loop = group.next()
          try await group.shutdownGracefully()
          let users = Batcher<Int, Int>("users") { (ids: [Int]) in ids }
          _ = users.load(1, on: loop)
          await users.flush()
        }
        let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
        #expect(text.contains("leaking promise") && text.contains("BridgeTests.swift"))
      }
    #endif

    @Test func `A loop that was shut down leaves no turn behind`() async throws {
      let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
      let loop = group.next()
      try await group.shutdownGracefully()
      let users = Batcher<Int, Int>("users") { (ids: [Int]) in ids }
      let before = LoopTurns.count
      LoopTurns.sendAtEnd(of: loop, users)
      #expect(LoopTurns.count == before)
    }

    @Test func `A result that is there may be read on an event loop`() async throws {
      EventLoopProtection.install()
      let future = Future<Int>(value: 3)
      #expect(try await eventLoop.submit { try future.getResult() }.get() == 3)
    }
  }
#endif
