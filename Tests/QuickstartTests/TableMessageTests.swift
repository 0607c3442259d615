// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Testing

  @testable import quickstart

  @Suite struct TableMessageTests {
    @Test func `A message that names options says which command has them`() {
      #expect(
        tableMessage("line 1: add --skip 2")
          == #"line 1: add --skip 2 (options of "arrival import")"#)
      #expect(tableMessage("line 1: it is empty") == "line 1: it is empty")
    }
  }
#endif
