// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel

  /// Merges candidates from several sources in one order, and drops repeated ones.
  struct CandidateMerge {
    /// Candidates of one conjunction, in order.
    enum Source {
      case scan(IndexScan)
      case gathered(CandidateSet)

      mutating func next() throws -> Candidate? {
        switch self {
        case .scan(let scan): return try scan.next()
        case .gathered(var candidates):
          defer { self = .gathered(candidates) }
          return candidates.next()
        }
      }
    }

    private var sources: [Source]
    private var heads: [Candidate?]
    private let isDescending: Bool
    private var last: Candidate?

    /// Whether there are no more candidates.
    var isEmpty: Bool { heads.allSatisfy { $0 == nil } }

    init(_ sources: [Source], isDescending: Bool) throws {
      self.sources = sources
      self.isDescending = isDescending
      heads = []
      for index in self.sources.indices { heads.append(try self.sources[index].next()) }
    }

    mutating func next() throws -> Candidate? {
      while true {
        // There are at most thirty sources, so looking at each is cheap.
        var best: Int?
        for (index, head) in heads.enumerated() {
          guard let head else { continue }
          if let other = best.flatMap({ heads[$0] }), !precedes(head, other) { continue }
          best = index
        }
        guard let best, let candidate = heads[best] else { return nil }
        heads[best] = try sources[best].next()
        if let last, last.orderValues == candidate.orderValues, last.key == candidate.key {
          continue
        }
        last = candidate
        return candidate
      }
    }

    private func precedes(_ a: Candidate, _ b: Candidate) -> Bool {
      let (a, b) = isDescending ? (b, a) : (a, b)
      return a.orderValues == b.orderValues
        ? ByteComparison.precedes(a.key, b.key)
        : ByteComparison.precedes(a.orderValues, b.orderValues)
    }
  }
#endif
