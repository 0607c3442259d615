#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB

  extension QueryRun {
    /// The most results of one reply, and about the most bytes: the caller asks again.
    static let maximumItems = 1_000
    static let maximumBytes = 4 << 20

    /// The reply to a query.
    func reply(_ query: NormalizedQuery) throws -> QueryReply {
      let request = query.request
      let wanted = min(request.limit ?? Self.maximumItems, Self.maximumItems)
      var place = request.startCursor ?? QueryPosition.cursor([], of: query)
      if request.limit == 0, request.offset == 0 {
        return QueryReply(items: [], endCursor: place, more: .afterLimit)
      }
      var items: [QueryReply.Item] = []
      var skipped = 0
      var bytes = 0
      let (needed, overflow) = request.offset.addingReportingOverflow(wanted)
      let ending = try visit(
        atMost: overflow ? nil : needed, needsEntities: !query.isKeysOnly
      ) { row in
        place = QueryPosition.cursor(row.position, of: query)
        if skipped < request.offset {
          skipped += 1
          return skipped == request.offset && wanted == 0 ? .stop : .goOn
        }
        items.append(QueryReply.Item(entity: row.entity, cursor: place))
        bytes += row.entity.storageSize
        return items.count == wanted || bytes >= Self.maximumBytes ? .stop : .goOn
      }
      let more: QueryReply.More =
        switch ending {
        case .exhausted: .none
        case .atEndCursor: .afterCursor
        case .stopped: items.count == request.limit ? .afterLimit : .notFinished
        }
      return QueryReply(items: items, skipped: skipped, endCursor: place, more: more)
    }

    /// The reply to an aggregation.
    func reply(
      _ query: NormalizedQuery, _ aggregations: [Aggregation], _ evaluation: QueryEvaluation
    ) throws -> AggregationReply {
      var limits = query.request.limit.map { [$0] } ?? []
      // Counting stops where no one wants to know more.
      let counts = aggregations.map {
        if case .count(let limit) = $0 { limit } else { nil } as Int?
      }
      if !counts.contains(nil) { limits += [counts.compactMap { $0 }.max() ?? 0] }
      let limit = limits.min()
      var count = 0
      var skipped = 0
      var sums = aggregations.map { _ in NumberSum() }
      let needed = limit.map { $0.addingReportingOverflow(query.request.offset) }
      if limit != 0 {
        _ = try visit(
          atMost: needed.flatMap { $0.overflow ? nil : $0.partialValue },
          needsEntities: !query.required.isEmpty
        ) { row in
          if skipped < query.request.offset {
            skipped += 1
            return .goOn
          }
          count += 1
          for (index, aggregation) in aggregations.enumerated() {
            guard let property = aggregation.property, let key = row.entity.key else { continue }
            var writer = BlobWriter()
            KeyCodec.encode(key, into: &writer)
            for value in evaluation.matchedValues(property, row.entity, key: writer.bytes) {
              sums[index].add(value)
            }
          }
          return count == limit ? .stop : .goOn
        }
      }
      return AggregationReply(
        values: zip(aggregations, sums).map { aggregation, sum in
          switch aggregation {
          case .count(let limit): .integer(Int64(min(count, limit ?? count)))
          case .sum: sum.sum
          case .average: sum.average
          }
        })
    }
  }
#endif
