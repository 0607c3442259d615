// SPDX-License-Identifier: Apache-2.0
#if SQLite && Server && os(Linux)
  import FoundationEssentials
  import Testing

  @testable import ArrivalTool

  @Suite struct ProgramPagesTests {
    /// How many KiB of instructions are mapped at the moment.
    private func mappedInstructions() throws -> Int {
      let maps = try String(contentsOfFile: "/proc/self/smaps", encoding: .utf8)
      var (sum, isCode) = (0, false)
      for line in maps.split(separator: "\n") {
        let fields = line.split(separator: " ")
        if fields.count > 1, fields[1].count == 4, fields[1].contains("p") {
          isCode = fields[1] == "r-xp"
        } else if isCode, fields[0] == "Rss:", let size = Int(fields[1]) {
          sum += size
        }
      }
      return sum
    }

    @Test func `Instructions are given back and mapped again`() throws {
      let before = try mappedInstructions()
      ProgramPages.giveBack()
      let after = try mappedInstructions()
      #expect(after < before / 2, "\(before) KiB before, \(after) KiB after")
      #expect(after > 0)
    }
  }
#endif
