/// How far the requests of one query have come: pure, without I/O.
///
/// A backend may answer in parts, and a page is a part that the caller has chosen. The next request
/// has the rest of limit and offset, and begins where the last reply ended.
struct QueryProgress: Sendable {
  private var rest: QueryRequest
  /// The limit of the request under way.
  private var asked: Int?
  private(set) var isFinished = false

  init(_ request: QueryRequest) { rest = request }

  /// The next request, of at most `pageSize` results; `nil` when all have come.
  mutating func nextRequest(pageSize: Int?) -> QueryRequest? {
    if isFinished { return nil }
    var next = rest
    if let pageSize { next.limit = min(pageSize, rest.limit ?? pageSize) }
    asked = next.limit
    return next
  }

  /// Takes in the reply to the request that was made last.
  ///
  /// - Throws: ``DatastoreError`` with `internal` for a reply that breaks the contract of backends:
  ///   going on from it could skip results, or never end.
  mutating func receive(_ reply: QueryReply) throws(DatastoreError) {
    if let asked, reply.items.count > asked {
      throw Self.fault(
        "returned \(reply.items.count) results where at most \(asked) were asked for")
    }
    guard 0...max(0, rest.offset) ~= reply.skipped else {
      throw Self.fault("passed over \(reply.skipped) results where the offset was \(rest.offset)")
    }
    let isElsewhere = !reply.endCursor.bytes.isEmpty && reply.endCursor != rest.startCursor
    rest.offset -= reply.skipped
    rest.limit? -= reply.items.count
    rest.startCursor = reply.endCursor
    switch reply.more {
    case .none, .afterCursor: isFinished = true
    // Servers also say so if nothing is left, even after fewer results than the limit.
    case .afterLimit:
      isFinished = reply.items.count < asked ?? .max || rest.limit == 0
    case .notFinished:
      // Firestore sends batches without results while it goes on searching.
      guard !reply.items.isEmpty || reply.skipped > 0 || isElsewhere else {
        throw Self.fault("has not finished and has made no progress")
      }
      isFinished = rest.limit == 0
    }
  }

  private static func fault(_ what: String) -> DatastoreError {
    DatastoreError(
      .internal, "The backend \(what) in a query. Report this as a fault of the backend.")
  }
}
