// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Testing

@Suite struct TaskletInheritanceTests {
  @TaskLocal static var tenant = "none"

  @Test func `Task-local values are always those of the code that creates the future`() throws {
    let manual = ManualExecutor()
    let gate = Promise<Void>()
    let future = Self.$tenant.withValue("creator") {
      Future(on: manual.executor) {
        let before = Self.tenant
        try await Self.$tenant.withValue("inside") { try await gate.future.value }
        return [before, Self.tenant]
      }
    }
    manual.run()
    Self.$tenant.withValue("completer") {
      gate.succeed()
      manual.run()
    }
    #expect(try future.getResult() == ["creator", "creator"])
    #expect(Self.tenant == "none")
  }

  @Test func `A thread that runs a tasklet in place lends it none of its task-local values`() throws
  {
    let manual = ManualExecutor()
    let future = Self.$tenant.withValue("creator") { Future(on: manual.executor) { Self.tenant } }
    #expect(try Self.$tenant.withValue("waiter") { try future.getResult() } == "creator")
  }

  @Test func `The priority is that of the code that creates the future`() async throws {
    let task = Task(priority: .low) { try await Future { Task.basePriority }.value }
    #expect(try await task.value == .low)
  }
}
