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

@Suite struct RingBufferTests {
  @Test(arguments: 0..<100)
  func `The ring agrees with an array, whatever happens`(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    var ring = RingBuffer<Int>()
    var model: [Int] = []
    for number in 0..<500 {
      switch Int.random(in: 0..<10, using: &generator) {
      case 0..<6:
        ring.append(number)
        model.append(number)
      case 6 where model.count > 1:
        let index = Int.random(in: 0..<model.count, using: &generator)
        ring.swapFirst(with: index)
        model.swapAt(0, index)
      default:
        #expect(ring.popFirst() == (model.isEmpty ? nil : model.removeFirst()))
      }
      #expect(ring.count == model.count)
      #expect(ring.isEmpty == model.isEmpty)
    }
    while let first = ring.popFirst() { #expect(first == model.removeFirst()) }
    #expect(model.isEmpty)
  }

  @Test func `An optional in the ring may be nil`() {
    var ring = RingBuffer<Int?>()
    ring.append(nil)
    ring.append(1)
    #expect(ring.popFirst() == .some(nil))
    #expect(ring.popFirst() == .some(1))
    #expect(ring.popFirst() == nil)
  }

  @Test func `What is taken out is freed`() {
    var ring = RingBuffer<Unique>()
    weak var held: Unique?
    do {
      let object = Unique()
      held = object
      ring.append(object)
    }
    _ = ring.popFirst()
    #expect(held == nil)
    #expect(ring.isEmpty)
  }
}
