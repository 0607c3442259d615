// SPDX-License-Identifier: Apache-2.0
#if SQLite && Server && os(Linux)
  private import FoundationEssentials

  #if canImport(Glibc)
    private import Glibc
  #elseif canImport(Musl)
    private import Musl
  #endif

  /// The pages of the program's instructions, and of those of its libraries.
  enum ProgramPages {
    /// Gives them back to the system, which keeps them in its cache.
    ///
    /// The start needs code in a few hundred places, most of it never again, and Linux maps 16
    /// pages around each. A page that is needed later is mapped again, within a microsecond.
    static func giveBack() {
      guard !isTraced, let maps = try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8)
      else { return }
      for line in maps.split(separator: "\n") {
        // "7f…00-7f…00 r-xp 00001000 fd:01 1234   /usr/bin/arrival"
        let fields = line.split(separator: " ", maxSplits: 5)
        guard fields.count == 6, fields[1] == "r-xp", fields[5].contains("/") else { continue }
        let ends = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
        guard ends.count == 2, let start = UnsafeMutableRawPointer(bitPattern: ends[0]) else {
          continue
        }
        // Only a debugger writes there, so the file has all that these pages have.
        _ = madvise(start, Int(ends[1] - ends[0]), MADV_DONTNEED)
      }
    }

    private static var isTraced: Bool {
      let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)
      return status?.contains("TracerPid:\t0\n") != true
    }
  }
#endif
