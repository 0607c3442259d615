#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB

  extension QueryRun {
    /// The most results of one reply. The caller asks again for more.
    static let maxItems = 1_000
    /// About the most bytes of one reply. The caller asks again for more.
    static let maxBytes = 4 << 20

    /// The reply to a query.
    func reply(_ query: NormalizedQuery) throws -> QueryReply {
      let request = query.request
      let wanted = min(request.limit ?? Self.maxItems, Self.maxItems)
      var cursor = request.startCursor ?? QueryPosition.cursor([], of: query)
      if request.limit == 0, request.offset == 0 {
        return QueryReply(items: [], endCursor: cursor, more: .afterLimit)
      }
      var items: [QueryReply.Item] = []
      var skipped = 0
      var bytes = 0
      let (needed, overflow) = request.offset.addingReportingOverflow(wanted)
      let ending = try visit(
        atMost: overflow ? nil : needed, needsEntities: !query.isKeysOnly
      ) { row in
        cursor = QueryPosition.cursor(row.position, of: query)
        if skipped < request.offset {
          skipped += 1
          return skipped == request.offset && wanted == 0 ? .stop : .more
        }
        items.append(QueryReply.Item(entity: row.entity, cursor: cursor))
        bytes += row.entity.storageSize
        return items.count == wanted || bytes >= Self.maxBytes ? .stop : .more
      }
      let more: QueryReply.More =
        switch ending {
        case .exhausted: .none
        case .atEndCursor: .afterCursor
        case .stopped: items.count == request.limit ? .afterLimit : .notFinished
        }
      return QueryReply(items: items, skipped: skipped, endCursor: cursor, more: more)
    }

    /// The reply to an aggregation.
    func reply(
      _ query: NormalizedQuery, _ aggregations: [Aggregation], _ evaluation: QueryEvaluation
    ) throws -> AggregationReply {
      let limit = Self.limit(query, aggregations)
      var accumulator = Accumulator(aggregations, evaluation)
      var skipped = 0
      let needed = limit.map { $0.addingReportingOverflow(query.request.offset) }
      if limit != 0 {
        _ = try visit(
          atMost: needed.flatMap { $0.overflow ? nil : $0.partialValue },
          needsEntities: !query.required.isEmpty
        ) { row in
          if skipped < query.request.offset {
            skipped += 1
            return .more
          }
          accumulator.add(row.entity)
          return accumulator.count == limit ? .stop : .more
        }
      }
      return AggregationReply(values: accumulator.values)
    }

    /// After how many results an aggregation may stop: at the query's limit, or, if there is
    /// nothing but counts with limits, at the highest of these.
    private static func limit(_ query: NormalizedQuery, _ aggregations: [Aggregation]) -> Int? {
      let counts = aggregations.map {
        if case .count(let limit) = $0 { limit } else { nil } as Int?
      }
      if counts.contains(nil) { return query.request.limit }
      let highest = counts.compactMap { $0 }.max() ?? 0
      return query.request.limit.map { min($0, highest) } ?? highest
    }

    /// Counts results, and adds up their values.
    private struct Accumulator {
      private let aggregations: [Aggregation]
      private let evaluation: QueryEvaluation
      private(set) var count = 0
      private var sums: [NumberSum]

      init(_ aggregations: [Aggregation], _ evaluation: QueryEvaluation) {
        self.aggregations = aggregations
        self.evaluation = evaluation
        sums = aggregations.map { _ in NumberSum() }
      }

      mutating func add(_ entity: Entity) {
        count += 1
        for (index, aggregation) in aggregations.enumerated() {
          guard let property = aggregation.property, let key = entity.key else { continue }
          var writer = BlobWriter()
          KeyCodec.encode(key, into: &writer)
          for value in evaluation.matchedValues(property, entity, key: writer.bytes) {
            sums[index].add(value)
          }
        }
      }

      var values: [Value] {
        zip(aggregations, sums).map { aggregation, sum in
          switch aggregation {
          case .count(let limit): .integer(Int64(min(count, limit ?? count)))
          case .sum: sum.sum
          case .average: sum.average
          }
        }
      }
    }
  }
#endif
