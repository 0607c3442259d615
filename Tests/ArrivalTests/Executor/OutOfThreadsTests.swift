import Arrival
import Testing

@Suite("An executor whose threads are all blocked")
struct OutOfThreadsTests {
  @Test func `refuses the wait that would leave no thread to run, and the others end`() throws {
    let executor = TaskletExecutor("small", configuration: .init(threads: 1, maxSpareThreads: 3))
    let promise = Promise<Int>()
    let blocked = (0..<20).map { _ in Future(on: executor) { try promise.future.getResult() } }
    // Queued behind them all: without a refusal its turn would never come.
    let rescuer = Future(on: executor) { promise.succeed(7) }
    // With a limit, or this thread would run it.
    #expect(rescuer.wait(for: .seconds(60)))
    Future.waitAll(blocked)
    let errors = blocked.compactMap { $0.getException() }
    // Three of the four threads are blocked; the fourth is refused seventeen times.
    #expect(errors.count == 17)
    for error in errors {
      #expect((error as? OutOfThreads)?.executor == "small")
      #expect("\(error)".contains("all 4 threads of the executor \"small\" are blocked"))
    }
    executor.shutdown()
  }

  @Test func `fails the future that a wait which cannot throw would wait for`() throws {
    let executor = TaskletExecutor("one", configuration: .init(threads: 1, maxSpareThreads: 0))
    let first = Promise<Int>()
    let waiting = Future(on: executor) { first.future.getException() is OutOfThreads }
    #expect(try waiting.wait(for: .seconds(60)) && waiting.getResult())
    let second = Promise<Int>()
    let third = Promise<Int>()
    let choosing = Future(on: executor) {
      Future.waitAny([second.future, third.future]) === second.future
    }
    #expect(try choosing.wait(for: .seconds(60)) && choosing.getResult())
    #expect(second.future.getException() is OutOfThreads)
    #expect(!third.future.done() && !third.future.hasWaiters)
    executor.shutdown()
  }

  @Test func `does not refuse a wait with a time limit, which ends by itself`() throws {
    let executor = TaskletExecutor("one", configuration: .init(threads: 1, maxSpareThreads: 0))
    let promise = Promise<Int>()
    let waiting = Future(on: executor) { promise.future.wait(for: .microseconds(100)) }
    #expect(try waiting.wait(for: .seconds(60)) && !waiting.getResult())
    #expect(!promise.future.done())
    executor.shutdown()
  }

  @Test func `lets a thread outside block as long as it likes`() throws {
    let executor = TaskletExecutor("one", configuration: .init(threads: 1, maxSpareThreads: 0))
    let gate = Promise<Int>()
    let tasklet = Future(on: executor) { try await gate.future.value }
    let thread = PlainThread { #expect((try? tasklet.getResult()) == 3) }
    gate.succeed(3)
    thread.join()
    executor.shutdown()
  }
}
