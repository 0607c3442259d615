// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Testing

@testable import Arrival

/// When a probe says that no more keys come, in straight-line calls and in random schedules.
@Suite struct ProbeMachineTests {
  private final class Probe {
    var machine = ProbeMachine(priority: 21)

    func keyJoined(priority: UInt8) { machine.keyJoined(priority: priority) }

    func passed(isDelivering: Bool = false, isWanted: Bool = true) -> ProbeMachine.OnPass {
      machine.passed(isDelivering: isDelivering, isWanted: isWanted)
    }
  }

  @Test func `Two passes in a row without a key end a probe`() {
    let probe = Probe()
    #expect(probe.passed() == .again(priority: 21))
    #expect(probe.passed() == .end(isQuiet: true))
    #expect(probe.machine.passes == 2)
  }

  @Test func `A key between two passes starts the count anew`() {
    let probe = Probe()
    #expect(probe.passed() == .again(priority: 21))
    probe.keyJoined(priority: 21)
    #expect(probe.passed() == .again(priority: 21))
    #expect(probe.passed() == .again(priority: 21))
    #expect(probe.passed() == .end(isQuiet: true))
  }

  @Test func `A probe passes through the queue of each priority twice`() {
    let probe = Probe()
    probe.keyJoined(priority: 9)
    var queues: [UInt8] = []
    while case .again(let priority) = probe.passed() {
      queues.append(priority)
    }
    #expect(queues == [9, 21, 9, 21])
  }

  @Test func `A probe waits while a batch completes its futures, and starts anew then`() {
    let probe = Probe()
    #expect(probe.passed() == .again(priority: 21))
    #expect(probe.passed(isDelivering: true) == .waitForDeliveries)
    #expect(probe.passed() == .again(priority: 21))
    #expect(probe.passed() == .end(isQuiet: true))
  }

  @Test func `A probe waits for at most 16 deliveries after the last key`() {
    let probe = Probe()
    for _ in 0..<16 { #expect(probe.passed(isDelivering: true) == .waitForDeliveries) }
    #expect(probe.passed(isDelivering: true) == .again(priority: 21))
    #expect(probe.passed(isDelivering: true) == .end(isQuiet: true))
  }

  @Test func `A probe whose batches have left ends at once`() {
    let probe = Probe()
    #expect(probe.passed(isDelivering: true, isWanted: false) == .end(isQuiet: false))
  }

  @Test func `A probe ends after 1,000 passes, even if each of them adds a key`() {
    let probe = Probe()
    for _ in 1..<1_000 {
      probe.keyJoined(priority: 21)
      #expect(probe.passed() == .again(priority: 21))
    }
    #expect(probe.passed() == .end(isQuiet: true))
  }

  /// A pool of one thread: tasks that give way some times and then load, and the probe among them.
  @Test(arguments: 0..<300)
  func `On one thread a probe never ends before a task that is ready has loaded`(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    enum Job {
      case task(yields: Int)
      case probe
    }
    let count = Int.random(in: 1...20, using: &generator)
    var queue = (0..<count).map { _ in
      Job.task(yields: .random(in: 0...1, using: &generator))
    }
    var probe: Probe?
    var loaded = 0
    while let job = queue.isEmpty ? nil : queue.removeFirst() {
      switch job {
      case .task(yields: 0):
        loaded += 1
        if probe != nil {
          probe?.keyJoined(priority: 21)
        } else {
          probe = Probe()
          queue.append(.probe)
        }
      case .task(let yields): queue.append(.task(yields: yields - 1))
      case .probe:
        switch probe?.passed() {
        case .again: queue.append(.probe)
        case .waitForDeliveries, nil: Issue.record("nothing is delivered")
        case .end(let isQuiet):
          #expect(isQuiet && loaded == count)
          return
        }
      }
    }
    Issue.record("the probe was lost")
  }
}

/// Which origins are watched.
@Suite struct OriginTableTests {
  private final class Table {
    var table = OriginTable()

    func keyJoined(from origin: OriginID) -> OriginTable.Entry {
      table.keyJoined(from: origin, priority: 0)
    }
  }

  private let one = OriginID(rawValue: 1)
  private let three = OriginID(rawValue: 3)

  @Test func `Each origin is watched once, until it is taken out`() {
    let table = Table()
    let first = table.keyJoined(from: one)
    #expect(first.isNew == OriginIndex(value: 0) && first.bit == 1)
    #expect(table.keyJoined(from: one).isNew == nil)
    let second = table.keyJoined(from: three)
    #expect(second.isNew == OriginIndex(value: 1) && second.bit == 2)
    #expect(table.keyJoined(from: one).bit == 1)
    table.table.remove(OriginIndex(value: 0))
    #expect(table.keyJoined(from: three).isNew == nil)
    #expect(table.keyJoined(from: one).isNew == OriginIndex(value: 0))
  }

  @Test func `Code outside of tasks, and the 65th origin, are not watched`() {
    let table = Table()
    #expect(table.keyJoined(from: .unknown).bit == 0)
    for number in 0..<64 {
      let entry = table.keyJoined(from: OriginID(rawValue: UInt(number) << 1 | 1))
      #expect(entry.isNew?.value == UInt8(number))
    }
    let last = table.keyJoined(from: OriginID(rawValue: 1_001))
    #expect(last.bit == 0 && last.isNew == nil)
  }
}
