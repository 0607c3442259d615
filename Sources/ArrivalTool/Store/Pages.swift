// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import Arrival
  internal import ArrivalDatastore

  /// The results of a query, page by page. The next page is fetched while one is processed.
  ///
  /// A page is one reply, so two pages take a few MiB, however large the entities are.
  struct Pages<Element: Sendable> {
    let results: QueryResults<Element>
    /// The maximum number of results; `nil` for all.
    let limit: Int?
    var pageSize = 500

    /// Calls `body` with each page. Blocks until `body` has processed the last page.
    func read(_ body: ([Element]) throws -> Void) throws {
      var left = limit ?? .max
      var next: Future<QueryPage<Element>>? = left > 0 ? page(after: nil, min(pageSize, left)) : nil
      while let future = next {
        let page = try future.getResult()
        left -= page.results.count
        let goesOn = page.hasMore && page.cursor != nil && left > 0
        next = goesOn ? self.page(after: page.cursor, min(pageSize, left)) : nil
        do {
          try body(page.results)
        } catch {
          next?.cancel()
          throw error
        }
      }
    }

    private func page(after cursor: QueryCursor?, _ size: Int) -> Future<QueryPage<Element>> {
      let future = results.reply(limit: size, after: cursor)
      // Counts as observed: nobody needs the failure of a page that was given up.
      future.onCompletion { _ in }
      return future
    }
  }
#endif
