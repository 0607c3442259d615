// SPDX-License-Identifier: Apache-2.0
import DatastoreEngine
import DatastoreModel
import Testing

/// What sums and means come to.
@Suite struct NumberSumTests {
  private func sum(_ values: [Value]) -> NumberSum {
    var sum = NumberSum()
    for value in values { sum.add(value) }
    return sum
  }

  @Test func `A sum that fits is an integer in any order of its parts`() {
    let (most, least) = (Value.integer(.max), Value.integer(.min))
    for values in [[most, 1, -1], [1, most, -1], [-1, 1, most]] as [[Value]] {
      #expect(sum(values).sum == most)
    }
    #expect(sum([most, most, least, least, 2]).sum == 0)
    #expect(sum([least, -1, 1]).sum == least)
  }

  @Test func `A sum that overflows is a double, and the mean of large numbers is right`() {
    let most = Value.integer(.max)
    #expect(sum([most, most]).sum == .double(0x1p64))
    #expect(sum([most, most]).average == .double(0x1p63))
    #expect(sum([most, most, .double(0.5), .integer(-.max), .integer(-.max)]).sum == 0.5)
  }
}
