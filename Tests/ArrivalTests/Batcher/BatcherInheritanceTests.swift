// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Testing

@testable import Arrival

/// An operation inherits nothing from its callers, because it serves all of them.
@Suite struct BatcherInheritanceTests {
  @TaskLocal static var tenant = "none"

  let manual = ManualExecutor()
  let tenants = Log<String>()

  private func batcher(
    _ configuration: BatcherConfiguration = .default, on executor: TaskletExecutor? = nil
  ) -> Batcher<Int, Int> {
    Batcher("tenants", configuration: configuration, on: executor) { [tenants] (keys: [Int]) in
      tenants.append(Self.tenant)
      return keys
    }
  }

  @Test func `An operation inherits no task-local values from the load that fills its batch`() {
    let batcher = batcher(.init(maxBatchSize: 2), on: manual.executor)
    Self.$tenant.withValue("a") { _ = batcher.load(1) }
    Self.$tenant.withValue("b") { _ = batcher.load(2) }
    manual.run()
    #expect(tenants.all == ["none"])
  }

  @Test func `An operation inherits no task-local values from the tasklet that fills its batch`()
    throws
  {
    let batcher = batcher(.init(maxBatchSize: 1))
    let future = Self.$tenant.withValue("a") {
      Future(on: manual.executor) { try await batcher.load(1).value }
    }
    manual.run()
    #expect(try future.getResult() == 1)
    #expect(tenants.all == ["none"])
  }

  @Test func `An operation inherits no task-local values from a blocked thread or a flush`() throws
  {
    let batcher = batcher(.init(maxDelay: .seconds(1_000_000)))
    let value = try Self.$tenant.withValue("a") { try batcher.load(1).getResult() }
    #expect(value == 1)
    Self.$tenant.withValue("b") {
      _ = batcher.load(2)
      batcher.flush()
    }
    #expect(tenants.all == ["none", "none"])
  }

  @Test
  func
    `A nested operation inherits no task-local values and has its own call`()
    throws
  {
    let calls = Log<String?>()
    let below = Batcher<Int, Int>("below", configuration: .init(maxBatchSize: 1)) {
      [tenants] (keys: [Int]) in
      tenants.append(Self.tenant)
      calls.append(BatchCall.current?.id.batcher)
      return keys
    }
    let above = Batcher<Int, Int>("above", on: manual.executor) { (keys: [Int]) in
      try await Self.$tenant.withValue("above") { [try await below.load(keys[0]).value] }
    }
    let future = above.load(1)
    manual.advance(by: .milliseconds(1))
    #expect(try future.getResult() == 1)
    #expect(tenants.all == ["none"])
    #expect(calls.all == ["below"])
  }

  @Test func `Task-local values that an operation sets reach the tasklets it starts`() throws {
    let batcher = Batcher<Int, String>(on: manual.executor) { [manual] (keys: [Int]) in
      let inner = Self.$tenant.withValue("operation") {
        Future(on: manual.executor) { Self.tenant }
      }
      return [try await inner.value]
    }
    let future = Self.$tenant.withValue("caller") { batcher.load(1) }
    manual.advance(by: .milliseconds(1))
    #expect(try future.getResult() == "operation")
  }

  @Test func `A batcher is freed if its operation holds it weakly`() throws {
    weak var batcher: Batcher<Int, Int>?
    weak var core: BatcherCore?
    do {
      let own = Weak<Batcher<Int, Int>>()
      let made = Batcher<Int, Int>(on: manual.executor) { (keys: [Int]) in
        if keys == [1] { return [try await own.object!.load(2).value] }
        return keys
      }
      own.object = made
      (batcher, core) = (made, made.core)
      let future = made.load(1)
      manual.advance(by: .milliseconds(1))
      #expect(try future.getResult() == 2)
    }
    #expect(batcher == nil)
    #expect(core == nil)
  }
}
