// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Arrival

@Suite struct TimerHeapTests {
  @Test(arguments: 0..<200)
  func `The heap agrees with a sorted array, whatever happens`(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    var heap = TimerHeap()
    var model: [(deadline: UInt64, number: Int, timer: Timer)] = []
    var now: UInt64 = 0
    for number in 0..<300 {
      switch Int.random(in: 0..<10, using: &generator) {
      case 0..<5:
        let deadline = now + UInt64.random(in: 0..<20, using: &generator)
        let timer = Timer(deadline: deadline) { _ in }
        heap.add(timer)
        model.append((deadline, number, timer))
        model.sort { ($0.deadline, $0.number) < ($1.deadline, $1.number) }
      case 5..<7:
        guard let victim = model.randomElement(using: &generator) else { continue }
        let removed = [heap.remove(victim.timer), heap.remove(victim.timer)]
        #expect(removed == [true, false])
        model.removeAll { $0.timer === victim.timer }
      default:
        now += UInt64.random(in: 0..<10, using: &generator)
        while let timer = heap.popDue(at: now) {
          let expected = model.removeFirst()
          #expect(timer === expected.timer)
          let isStillThere = heap.remove(timer)
          #expect(!isStillThere)
        }
        #expect(model.allSatisfy { $0.deadline > now })
      }
      #expect(heap.count == model.count)
      #expect(heap.nextDeadline == model.first?.deadline)
    }
    while let timer = heap.popDue(at: .max) { #expect(timer === model.removeFirst().timer) }
    #expect(model.isEmpty && heap.isEmpty)
  }

  @Test func `A timer that was never added is not in the heap`() {
    var heap = TimerHeap()
    let removed = heap.remove(Timer(deadline: 1) { _ in })
    #expect(!removed)
    #expect(heap.popDue(at: .max) == nil)
    #expect(heap.nextDeadline == nil)
  }
}
