// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Testing

@testable import Arrival

/// What dumps say of what is pending.
@Suite struct DumpTests {
  @Test func `A dump shows a tasklet, the future it awaits, and what that awaits, with ages`() {
    let manual = ManualExecutor("ages")
    let promise = Promise<Int>("reply")
    let inner = Future("inner", on: manual.executor) { try await promise.future.value }
    manual.advance(by: .milliseconds(1500))
    let outer = Future("outer", on: manual.executor) { try await inner.value }
    manual.advance(by: .milliseconds(600))
    #expect(
      outer.formatDump().withoutSites == """
        tasklet "outer" created in \(outer.creationSite), 600 ms old, on "ages"
        - awaits (600 ms) tasklet "inner" created in \(inner.creationSite), 2.1 s old, on "ages"
          - awaits (2.1 s) promise "reply" created in \(promise.future.creationSite)

        """)
    #if os(Linux)
      // Each wait says where it began.
      #expect(
        outer.formatDump().matches(of: /, closure [^\n]* at \/[^\n]*DumpTests.swift:\d+\)/).count
          == 2)
    #endif
    promise.succeed(1)
    manual.run()
    #expect(outer.formatDump() == "\(outer)\n")
  }

  @Test func `All ages of a dump are of one moment`() {
    let promise = Promise<Int>("age")
    let future = Future(on: TaskletExecutor("clock")) { try await promise.future.value }
    spin { future.formatDump().contains("- awaits") }
    let graph = LiveGraph()
    let first = graph.entry(of: .future(future), width: 1)
    let clock = ContinuousClock.now
    spin { ContinuousClock.now - clock > .milliseconds(20) }
    let second = graph.entry(of: .future(future), width: 1)
    #expect(first?.text == second?.text)
    #expect(first?.needs.map(\.label) == second?.needs.map(\.label))
    promise.succeed(1)
  }

  @Test func `A dump tells a tasklet that has not begun from one that awaits something else`() async
  {
    let manual = ManualExecutor("states")
    let future = Future(on: manual.executor) {
      await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
        Resume.gate.append(continuation)
      }
    }
    #expect(future.formatDump().hasSuffix(", has not begun\n"))
    manual.run()
    #expect(future.formatDump().hasSuffix(", runs or awaits what is no future\n"))
    for continuation in Resume.gate.all { continuation.resume() }
    manual.run()
    #expect(future.done())
  }

  @Test func `A dump shows several waits at once, for any or all of many futures`() {
    let manual = ManualExecutor("many")
    let promises = (0..<3).map { Promise<Int>("p\($0)") }
    let futures = promises.map(\.future)
    let future = Future("many", on: manual.executor) {
      async let any = Future.waitAny(futures)
      async let limited = futures[1].wait(for: .seconds(5))
      await Future.waitAll(futures)
      return await (any?.done(), limited)
    }
    manual.run()
    manual.advance(by: .seconds(1))
    let lines = future.formatDump().split(separator: "\n")
    #expect(lines.count == 4)
    // Each future once, whatever number of waits is for it.
    for name in ["p0", "p1", "p2"] {
      #expect(lines.count { $0.contains("promise \"\(name)\"") } == 1)
    }
    let few = future.formatDump(limits: .init(width: 2)).split(separator: "\n")
    #expect(few.count == 4 && few.last == "- … and more")
    promises[0].succeed(1)
    promises[1].succeed(1)
    manual.run()
    let rest = future.formatDump().split(separator: "\n")
    #expect(rest.count == 2 && rest[1].contains("promise \"p2\""))
    promises[2].succeed(1)
    manual.run()
    #expect(future.done())
  }

  @Test func `A wait with a limit says so`() {
    let manual = ManualExecutor("limit")
    let promise = Promise<Int>()
    let future = Future(on: manual.executor) { await promise.future.wait(for: .seconds(5)) }
    manual.advance(by: .seconds(2))
    #expect(
      future.formatDump().withoutSites.contains(
        "- awaits (2.0 s of 5 s) promise created in"))
    promise.succeed(1)
    manual.run()
    #expect(future.done())
  }

  @Test func `A wait for more futures than the width says how many more`() {
    let manual = ManualExecutor("wide")
    let promises = (0..<1000).map { _ in Promise<Int>() }
    let futures = promises.map(\.future)
    let future = Future(on: manual.executor) {
      await Future.waitAll(futures)
    }
    manual.run()
    let lines = future.formatDump(limits: .init(width: 4)).split(separator: "\n")
    #expect(lines.count == 6)
    #expect(lines.last == "- … and 996 more")
    for promise in promises.dropLast(5) { promise.succeed(1) }
    manual.run()
    #expect(future.formatDump(limits: .init(width: 2)).hasSuffix("- … and 3 more\n"))
    for promise in promises { promise.succeed(1) }
    manual.run()
    #expect(future.done())
  }

  @Test func `Timers say when they are due, derived futures what they need`() throws {
    let manual = ManualExecutor("timers")
    let nap = Future.sleep(for: .seconds(90), on: manual.executor)
    manual.advance(by: .seconds(30))
    #expect(nap.formatDump() == "timer \"sleep\" created in \(nap.creationSite), due in 60.0 s\n")
    let promise = Promise<Int>("base")
    let mapped = promise.future.map { $0 + 1 }
    let all = Future.all([mapped, promise.future, Future(value: 1)])
    let text = all.formatDump()
    #expect(text.contains("- needs each of 2: future created in \(mapped.creationSite)"))
    let base = "promise \"base\" created in \(promise.future.creationSite) [1]"
    #expect(text.contains("  - needs \(base)"))
    #expect(text.hasSuffix("- needs each of 2: what is above, see [1]\n"))
    promise.succeed(1)
    nap.cancel()
    #expect(all.formatDump() == "\(all)\n")
  }

  @Test func `A key names its batch, the state of the batch, and the operation`() throws {
    let manual = ManualExecutor("batches")
    let gate = Promise<Void>("gate")
    let batcher = Batcher<Int, Int>("users", on: manual.executor) { (keys: [Int]) in
      try await gate.future.value
      return keys
    }
    let first = batcher.load(1)
    _ = batcher.load(2)
    #expect(
      first.formatDump()
        == "key created in \(first.creationSite), of users batch_1, which is open with 2 keys\n")
    // It leaves after a tenth of a millisecond.
    manual.advance(by: .seconds(1))
    let text = first.formatDump()
    #expect(text.contains("of users batch_1, which is under way with 2 keys\n- needs tasklet "))
    #expect(text.withoutSites.contains("  - awaits (999 ms) promise \"gate\" created in"))
    gate.succeed()
    manual.run()
    #expect(try first.getResult() == 1)
  }

  @Test func `A ring of waits with limits is shown as a ring`() {
    let manual = ManualExecutor("rings")
    let ring = WaitingRing(3, on: manual.executor) { index, next in
      await next.wait(for: .seconds(5)) ? 1 : 2
    }
    for index in 0..<3 { ring.wait(index) }
    manual.run()
    let text = ring.futures[0].formatDump()
    #expect(text.split(separator: "\n").count == 4)
    #expect(text.contains("tasklet \"0\"") && text.contains("tasklet \"2\""))
    #expect(text.contains("in a ring what needs this, see [1]"))
    manual.advance(by: .seconds(5))
    #expect(ring.futures.allSatisfy { $0.done() })
  }

  @Test func `A name stays on its line, and a long name is cut`() {
    let promise = Promise<Int>("a\nb")
    #expect(promise.future.formatDump().hasPrefix(#"promise "a\nb" created in"#))
    let long = Promise<Int>(String(repeating: "x", count: 10_000))
    #expect(long.future.formatDump().count < 400)
  }

  // MARK: Descriptions

  @Test func `The description of a tasklet says what it waits for`() {
    let manual = ManualExecutor("described")
    let promises = (0..<3).map { Promise<Int>("p\($0)") }
    let one = Future("one", on: manual.executor) { try await promises[0].future.value }
    let three = Future(on: manual.executor) { await Future.waitAny(promises.map(\.future)) }
    #expect(
      one.description.withoutSites.hasSuffix(
        ", pending"))
    manual.run()
    let site = promises[0].future.creationSite
    #expect(
      one.description.withoutSites.hasSuffix(
        ", pending, awaits (0 ms) promise \"p0\" created in \(site)"))
    #expect(
      three.description.withoutSites.hasSuffix(
        ", pending, awaits (0 ms) one of 3: promise \"p0\" created in \(site) and 2 more"))
    for promise in promises { promise.succeed(1) }
    manual.run()
    #expect(one.description.hasSuffix(", result 1"))
  }
}

private enum Resume {
  static let gate = Log<UnsafeContinuation<Void, Never>>()
}
