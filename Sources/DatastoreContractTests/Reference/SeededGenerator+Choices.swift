// SPDX-License-Identifier: Apache-2.0
internal import Arrival

extension SeededGenerator {
  mutating func number(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &self) }
  /// `true` once in `times` calls on average.
  mutating func chance(_ times: Int) -> Bool { number(1...times) == 1 }
  mutating func element<T>(_ elements: [T]) -> T { elements[number(0...(elements.count - 1))] }
}
