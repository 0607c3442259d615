// SPDX-License-Identifier: Apache-2.0
public import DatastoreModel

/// Whether a receiver of results wants more of them.
///
/// Unstable: this type may change in any minor release.
public enum ResultDemand: Sendable { case more, stop }

/// Why there are no more results.
///
/// Unstable: this type may change in any minor release.
public enum ResultEnding: Sendable {
  /// The receiver wanted no more results.
  case stopped
  /// The next result is after the end cursor.
  case atEndCursor
  /// There are no more results.
  case exhausted
}

/// Builds the reply to a query from its results, which come in order.
///
/// A reply has at most 1,000 results and about 4 MiB of entities. If the query needs more, the
/// reply says that it is not finished, and the caller continues it.
///
/// Unstable: this type may change in any minor release.
public struct QueryReplyBuilder {
  private static let maxItems = 1_000
  private static let maxBytes = 4 << 20

  private let query: NormalizedQuery
  private let wanted: Int
  private var items: [QueryReply.Item] = []
  private var skipped = 0
  private var bytes = 0
  private var place: QueryCursor
  private var skippedPlace: QueryCursor?

  /// Begins a reply.
  public init(_ query: NormalizedQuery) {
    self.query = query
    wanted = min(query.request.limit ?? Self.maxItems, Self.maxItems)
    place = query.request.startCursor ?? QueryPosition.cursor([], of: query)
  }

  /// Whether the reply needs no result, because limit and offset are 0.
  public var wantsNothing: Bool { query.request.limit == 0 && query.request.offset == 0 }

  /// The most results that the reply takes or skips. `nil` if the number overflows.
  public var maxResults: Int? {
    let (sum, overflow) = query.request.offset.addingReportingOverflow(wanted)
    return overflow ? nil : sum
  }

  /// Takes the next result, or skips it for the offset.
  public mutating func add(_ row: QueryEvaluation.Row) -> ResultDemand {
    place = QueryPosition.cursor(row.position, of: query)
    if skipped < query.request.offset {
      skipped += 1
      skippedPlace = place
      return skipped == query.request.offset && wanted == 0 ? .stop : .more
    }
    items.append(QueryReply.Item(entity: row.entity, cursor: place))
    bytes += row.entity.storageSize
    return items.count == wanted || bytes >= Self.maxBytes ? .stop : .more
  }

  /// The reply, after the last result.
  public func reply(_ ending: ResultEnding) -> QueryReply {
    let more: QueryReply.More =
      switch ending {
      case .exhausted: .none
      case .atEndCursor: .afterCursor
      case .stopped: items.count == query.request.limit ? .afterLimit : .notFinished
      }
    var reply = QueryReply(items: items, skipped: skipped, endCursor: place, more: more)
    reply.skippedCursor = skippedPlace
    return reply
  }
}
