// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Testing

@Suite struct TaskletTests {
  @Test func `A tasklet starts without being waited for and returns at once`() {
    let manual = ManualExecutor()
    let log = Log<String>()
    let future = Future(on: manual.executor) { log.append("runs") }
    #expect(!future.done())
    #expect(log.all.isEmpty)
    manual.run()
    #expect(future.done())
    #expect(log.all == ["runs"])
  }

  @Test func `An error before the first suspension fails the future`() async {
    let error = Unique()
    func fail() async throws -> Int { throw error }
    let synchronous = Future<Int> { throw error }
    let asynchronous = Future<Int> { try await fail() }
    #expect(await synchronous.getException() as? Unique === error)
    #expect(await asynchronous.getException() as? Unique === error)
  }

  @Test func `An error after a suspension fails the future`() async {
    let promise = Promise<Int>()
    let error = Unique()
    let future = Future {
      _ = try await promise.future.value
      throw error
    }
    promise.succeed(1)
    #expect(await future.getException() as? Unique === error)
  }

  @Test func `A failure arrives where it is awaited, can be caught, and the tasklet goes on`()
    async throws
  {
    let error = Unique()
    let failed = Future<Int>(error: error)
    let future = Future {
      do {
        return try await failed.value
      } catch let caught as Unique where caught === error {
        return try await Future { 5 }.value
      }
    }
    #expect(try await future.value == 5)
  }

  @Test func `20,000 awaits of done futures take no stack`() throws {
    let done = Future(value: 1)
    let future = Future {
      var sum = 0
      for _ in 0..<20_000 {
        sum += try await done.value
        await done.wait()
        sum += try await Future { 0 }.value
      }
      return sum
    }
    #expect(try future.getResult() == 20_000)
  }

  @Test func `5,000 nested tasklets do not overflow`() async throws {
    #expect(try await nested(5_000).value == 5_000)
  }

  @Test func `Task-local values are inherited, and those set inside stay inside`() throws {
    let values = try Local.$name.withValue("outer") {
      let inner = Future {
        let before = Local.name
        let during = try await Local.$name.withValue("inner") {
          try await Future { Local.name }.value
        }
        return [before, during, Local.name]
      }
      // Blocking runs the tasklet on this very thread.
      let values = try inner.getResult()
      return values + [Local.name]
    }
    #expect(values == ["outer", "inner", "outer", "outer"])
    #expect(Local.name == "none")
  }

  @Test func `A tasklet has the priority of the code that creates the future`() async throws {
    let priority = await Task(priority: .low) { try? await Future { Task.currentPriority }.value }
      .value
    #expect(priority == .low)
  }

  @Test func `A tasklet may use actors and child tasks`() async throws {
    let executor = TaskletExecutor("one", configuration: .init(threads: 1))
    let sum = Sum()
    let futures = (0..<50).map { number in
      Future(on: executor) {
        await sum.add(number)
        async let left = nested(3, on: executor).value
        async let right = Task { await sum.total }.value
        _ = await right
        return try await left
      }
    }
    await Future.waitAll(futures)
    #expect(await sum.total == 1_225)
    #expect(try await futures[7].value == 3)
    await executor.shutdown()
  }

  @Test func `A tasklet started by another runs on the same executor`() throws {
    let manual = ManualExecutor()
    let names = Future(on: manual.executor) {
      let inner = Future { TaskletExecutor.current.name }
      return [TaskletExecutor.current.name, try await inner.value]
    }
    manual.run()
    #expect(try names.getResult() == ["manual", "manual"])
    #expect(TaskletExecutor.current === TaskletExecutor.shared)
  }
}

private enum Local {
  @TaskLocal static var name = "none"
}

private actor Sum {
  private(set) var total = 0
  func add(_ number: Int) { total += number }
}

/// A tasklet that awaits one that awaits one, and so on.
private func nested(_ depth: Int, on executor: TaskletExecutor? = nil) -> Future<Int> {
  Future(on: executor) {
    depth == 0 ? 0 : try await nested(depth - 1, on: executor).value + 1
  }
}
