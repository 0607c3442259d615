// SPDX-License-Identifier: Apache-2.0
#if NIO
  /// What processes wrote and read, and when. Counts only grow, so a read is stale if its count is
  /// less than one that was known before the read began.
  struct SharedCacheHistory {
    enum Kind: Character {
      case write = "w"
      /// A read from the cache.
      case hit = "h"
      /// A read through the cache that came to the file.
      case miss = "m"
      /// A read of the file alone.
      case direct = "d"
    }

    struct Operation: Equatable {
      var kind: Kind
      var key: Int
      var count: Int
      var begin: Int
      var end: Int
    }

    private(set) var operations: [Operation] = []
    private var failures: [Substring: Int] = [:]

    /// Adds the lines that a process has printed. What follows the last of them is cut.
    mutating func add(_ text: String) {
      for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
        let parts = line.split(separator: " ")
        if parts.first == "f" { failures[line, default: 0] += 1 }
        let numbers = parts.dropFirst().compactMap { Int($0) }
        guard let kind = parts.first?.first.flatMap(Kind.init), numbers.count == 4 else { continue }
        operations.append(
          Operation(
            kind: kind, key: numbers[0], count: numbers[1], begin: numbers[2], end: numbers[3]))
      }
    }

    func count(of kind: Kind) -> Int { operations.count { $0.kind == kind } }

    var summary: String {
      let kinds = [Kind.write, .hit, .miss, .direct].map { "\($0.rawValue) \(count(of: $0))" }
      return "\(kinds) \(failures)"
    }

    /// The reads with a count less than one of an operation of such a kind that ended before they
    /// began.
    func staleReads(after kinds: Set<Kind>) -> [Operation] {
      var stale: [Operation] = []
      for all in Dictionary(grouping: operations, by: \.key).values {
        let known = all.filter { kinds.contains($0.kind) }.sorted { $0.end < $1.end }
        var (index, least) = (0, 0)
        for read in all.sorted(by: { $0.begin < $1.begin }) where read.kind != .write {
          while index < known.count, known[index].end < read.begin {
            least = max(least, known[index].count)
            index += 1
          }
          if read.count < least { stale.append(read) }
        }
      }
      return stale
    }
  }
#endif
