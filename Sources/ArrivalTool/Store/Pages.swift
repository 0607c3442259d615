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
      var reader = PageReader(self)
      while let page = try reader.next() {
        do {
          try body(page)
        } catch {
          reader.stop()
          throw error
        }
      }
    }

    fileprivate func page(after cursor: QueryCursor?, _ size: Int) -> Future<QueryPage<Element>> {
      let future = results.reply(limit: size, after: cursor)
      // Counts as observed: nobody needs the failure of a page that was given up.
      future.onCompletion { _ in }
      return future
    }
  }

  /// Reads pages one after the other.
  struct PageReader<Element: Sendable> {
    private let pages: Pages<Element>
    private var left: Int
    private var following: Future<QueryPage<Element>>?

    init(_ pages: Pages<Element>) {
      self.pages = pages
      left = pages.limit ?? .max
      following = left > 0 ? pages.page(after: nil, min(pages.pageSize, left)) : nil
    }

    /// The next page, which may be empty; `nil` after the last one. Blocks until it is there.
    mutating func next() throws -> [Element]? {
      guard let future = following else { return nil }
      let page = try future.getResult()
      left -= page.results.count
      let goesOn = page.hasMore && page.cursor != nil && left > 0
      following = goesOn ? pages.page(after: page.cursor, min(pages.pageSize, left)) : nil
      return page.results
    }

    /// Gives up the page that is being fetched.
    func stop() { following?.cancel() }
  }
#endif
