// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArrivalFormats
  internal import DatastoreModel

  /// Finds the name that somebody may have meant.
  enum Suggestion {
    /// The known name that differs least, if few letters differ.
    static func nearest(to name: String, in known: [String]) -> String? {
      let limit = max(1, name.count / 3)
      return
        known
        .map { (name: $0, distance: distance(name.lowercased(), $0.lowercased())) }
        .filter { $0.distance <= limit || $0.name.hasPrefix(name) && name.count > 1 }
        .min { ($0.distance, $0.name) < ($1.distance, $1.name) }?.name
    }

    /// The known names, the nearest first: `amount, day and 5 other kinds`.
    ///
    /// - Parameter noun: What the names are of which there are too many, in the singular.
    static func listed(_ known: [String], nearestTo name: String, noun: String) -> String {
      let first = nearest(to: name, in: known)
      let names =
        [first].compactMap { $0 }
        + known.filter { name in first.map { !identicalText($0, name) } ?? true }
      let rest = names.count - names.prefix(10).count
      return names.prefix(10).joined(separator: ", ")
        + (rest > 0 ? " and \(counted(rest, noun))" : "")
    }

    /// How many letters must be added, removed, replaced, or swapped with their neighbour.
    private static func distance(_ a: String, _ b: String) -> Int {
      let a = Array(a)
      let b = Array(b)
      var table = Array(repeating: Array(0...b.count), count: a.count + 1)
      for i in 0...a.count { table[i][0] = i }
      for i in a.indices {
        for j in b.indices {
          let isSame = a[i] == b[j]
          var best = min(table[i][j + 1] + 1, table[i + 1][j] + 1, table[i][j] + (isSame ? 0 : 1))
          if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
            best = min(best, table[i - 1][j - 1] + 1)
          }
          table[i + 1][j + 1] = best
        }
      }
      return table[a.count][b.count]
    }
  }
#endif
