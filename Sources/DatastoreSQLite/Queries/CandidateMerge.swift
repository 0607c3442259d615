#if SQLite
  internal import DatastoreModel

  /// Candidates from several sources in one order, each place of each entity once.
  struct CandidateMerge {
    /// One source, in order.
    enum Source {
      case scan(IndexScan)
      case gathered(GatheredPlaces)

      mutating func next() throws -> Candidate? {
        switch self {
        case .scan(let scan): return try scan.next()
        case .gathered(var places):
          defer { self = .gathered(places) }
          return places.next()
        }
      }
    }

    private var sources: [Source]
    private var heads: [Candidate?]
    private let isDescending: Bool
    private var last: Candidate?

    init(_ sources: [Source], isDescending: Bool) throws {
      self.sources = sources
      self.isDescending = isDescending
      heads = []
      for index in self.sources.indices { heads.append(try self.sources[index].next()) }
    }

    mutating func next() throws -> Candidate? {
      while true {
        // At most thirty sources, so a look at each is no matter.
        var best: Int?
        for (index, head) in heads.enumerated() {
          guard let head else { continue }
          if let other = best.flatMap({ heads[$0] }), !precedes(head, other) { continue }
          best = index
        }
        guard let best, let candidate = heads[best] else { return nil }
        heads[best] = try sources[best].next()
        if let last, last.first == candidate.first, last.key == candidate.key { continue }
        last = candidate
        return candidate
      }
    }

    private func precedes(_ a: Candidate, _ b: Candidate) -> Bool {
      let (a, b) = isDescending ? (b, a) : (a, b)
      return a.first == b.first
        ? KeyTable.precedes(a.key, b.key) : KeyTable.precedes(a.first, b.first)
    }
  }
#endif
