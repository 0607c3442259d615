// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Arrival

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

  @Test func `An element that is removed is freed`() {
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
