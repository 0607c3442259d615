// SPDX-License-Identifier: Apache-2.0
public import DatastoreModel

/// Computes the reply to an aggregation from the results of its query, which come in order.
///
/// Unstable: this type may change in any minor release.
public struct AggregationBuilder {
  private let aggregations: [Aggregation]
  private let evaluation: QueryEvaluation
  private let offset: Int
  /// How many results are counted. `nil` for all.
  private let limit: Int?
  private var skipped = 0
  private var count = 0
  private var sums: [NumberSum]

  /// Begins a reply.
  ///
  /// - Parameters:
  ///   - aggregations: What to compute.
  ///   - query: The normal form of the request.
  ///   - evaluation: The evaluation of that normal form.
  public init(
    _ aggregations: [Aggregation], over query: NormalizedQuery, evaluation: QueryEvaluation
  ) {
    self.aggregations = aggregations
    self.evaluation = evaluation
    offset = query.request.offset
    sums = aggregations.map { _ in NumberSum() }
    var limits = query.request.limit.map { [$0] } ?? []
    // Counting stops when no aggregation needs more results.
    let counts = aggregations.map {
      if case .count(let limit) = $0 { limit } else { nil } as Int?
    }
    if !counts.contains(nil) { limits += [counts.compactMap { $0 }.max() ?? 0] }
    limit = limits.min()
  }

  /// Whether the reply needs no result, because the limit is 0.
  public var wantsNothing: Bool { limit == 0 }

  /// The most results that are counted or skipped. `nil` for all.
  public var maxResults: Int? {
    guard let (sum, overflow) = limit?.addingReportingOverflow(offset) else { return nil }
    return overflow ? nil : sum
  }

  /// Counts the next result, or skips it for the offset.
  public mutating func add(_ row: QueryEvaluation.Row) -> ResultDemand {
    if skipped < offset {
      skipped += 1
      return .more
    }
    count += 1
    for (index, aggregation) in aggregations.enumerated() {
      guard let property = aggregation.property, let key = row.entity.key else { continue }
      for value in evaluation.matchedValues(property, row.entity, key: KeyCodec.encode(key)) {
        sums[index].add(value)
      }
    }
    return count == limit ? .stop : .more
  }

  /// The reply, after the last result.
  public func reply() -> AggregationReply {
    AggregationReply(
      values: zip(aggregations, sums).map { aggregation, sum in
        switch aggregation {
        case .count(let limit): .integer(Int64(min(count, limit ?? count)))
        case .sum: sum.sum
        case .average: sum.average
        }
      })
  }
}
