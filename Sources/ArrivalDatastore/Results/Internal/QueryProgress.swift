// SPDX-License-Identifier: Apache-2.0
/// The progress of the requests of one query. It is pure, without I/O.
///
/// A backend may answer in parts, and a page is a part that the caller has chosen. The next request
/// has the rest of the limit and offset, and begins where the last reply ended.
struct QueryProgress: Sendable {
  private var rest: QueryRequest
  /// The limit of the current request.
  private var asked: Int?
  private(set) var isFinished = false

  init(_ request: QueryRequest) { rest = request }

  /// The next request, for at most `pageSize` results. `nil` after the last result.
  mutating func nextRequest(pageSize: Int?) -> QueryRequest? {
    if isFinished { return nil }
    var next = rest
    if let pageSize { next.limit = min(pageSize, rest.limit ?? pageSize) }
    asked = next.limit
    return next
  }

  /// Notes the reply to the last request.
  ///
  /// - Throws: ``DatastoreError`` with `internal` for a reply that breaks the contract of backends.
  ///   Continuing from it could skip results or never end.
  mutating func receive(_ reply: QueryReply) throws(DatastoreError) {
    if let asked, reply.items.count > asked {
      throw Self.fault(
        "returned \(reply.items.count) results, but the limit was \(asked)")
    }
    guard 0...max(0, rest.offset) ~= reply.skipped else {
      throw Self.fault("skipped \(reply.skipped) results, but the offset was \(rest.offset)")
    }
    let isElsewhere = !reply.endCursor.bytes.isEmpty && reply.endCursor != rest.startCursor
    rest.offset -= reply.skipped
    rest.limit? -= reply.items.count
    rest.startCursor = reply.endCursor
    switch reply.more {
    case .none, .afterCursor: isFinished = true
    // Servers also report this when nothing is left, even after fewer results than the limit.
    case .afterLimit:
      isFinished = reply.items.count < asked ?? .max || rest.limit == 0
    case .notFinished:
      // Firestore sends batches without results while it continues its search.
      guard !reply.items.isEmpty || reply.skipped > 0 || isElsewhere else {
        throw Self.fault("has not finished and has made no progress")
      }
      isFinished = rest.limit == 0
    }
  }

  private static func fault(_ what: String) -> DatastoreError {
    DatastoreError(
      .internal, "In a query, the backend \(what). Report this as a fault of the backend.")
  }
}
