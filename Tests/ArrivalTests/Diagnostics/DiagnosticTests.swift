// SPDX-License-Identifier: Apache-2.0
import Arrival
import Testing

@Suite struct DiagnosticTests {
  // A closure read out of a lock was wrapped once more each time: the hundred-thousandth report
  // overflowed the stack.
  @Test func `A report takes no more stack after any number of reports`() {
    for _ in 0..<300_000 { _ = Future<Int>(error: CancellationError()) }
    let promises = (0..<100_000).map { _ in Promise<Int>("dropped by a test") }
    #expect(promises.count == 100_000)
  }
}
