// SPDX-License-Identifier: Apache-2.0
internal import Arrival

extension QueryResults: AsyncSequence {
  /// Iterates over the results, fetching the next page while the loop works on the current one.
  ///
  /// At most one page is in flight, and at most two are in memory. Leaving the loop cancels the
  /// page in flight. So does cancelling the loop's task, after which `next()` fails with
  /// `CancellationError`.
  public struct AsyncIterator: AsyncIteratorProtocol {
    private let pages: PagesAhead<Element>
    private var page: [Element] = []
    private var position = 0

    init(_ pages: PagesAhead<Element>) { self.pages = pages }

    /// The next result. `nil` after the last one.
    public mutating func next() async throws -> Element? {
      while position >= page.count {
        guard let next = try await pages.next() else { return nil }
        page = next
        position = 0
      }
      defer { position += 1 }
      return page[position]
    }
  }

  /// Begins at the first result. Nothing is sent before the first `next()`.
  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(PagesAhead(source: source, query: query, pageSize: pageSize))
  }
}

/// The pages of one iteration. It returns one page while the next one is in flight.
///
/// One iterator uses it, with one call of `next` at a time. So it is not `Sendable`.
final class PagesAhead<Element: Sendable> {
  private struct Page: Sendable {
    var elements: [Element]
    var progress: QueryProgress
  }

  private let source: any QuerySource
  private let query: Query<Element>
  private let pageSize: Int
  private var underWay: Future<Page>?
  private var hasBegun = false

  init(source: any QuerySource, query: Query<Element>, pageSize: Int) {
    self.source = source
    self.query = query
    self.pageSize = pageSize
  }

  deinit { underWay?.cancel() }

  func next() async throws -> [Element]? {
    if !hasBegun {
      hasBegun = true
      if let problem = query.problem { throw problem }
      underWay = start(QueryProgress(query.request))
    }
    guard let future = underWay else { return nil }
    // Removed before it is awaited, because a failure ends the iteration.
    underWay = nil
    let page: Page
    do {
      page = try await future.value
    } catch {
      future.cancel()
      throw error
    }
    underWay = start(page.progress)
    return page.elements
  }

  private func start(_ progress: QueryProgress) -> Future<Page>? {
    var progress = progress
    guard let request = progress.nextRequest(pageSize: pageSize) else { return nil }
    let future: Future<Page>
    do throws(DatastoreError) {
      let entry = try source.enter()
      future = Future("page of a query", on: source.executor) { [source, query, progress] in
        // A reply comes whether or not the loop reads it, so closing does not wait for an idle
        // loop.
        let reply = try await entry.run { try await source.send(request) }
        var page = Page(elements: [], progress: progress)
        try page.progress.receive(reply)
        page.elements = try reply.items.map { try query.decode($0.entity) }
        return page
      }
    } catch {
      // The loop still gets the results of the previous page.
      future = Future(error: error, name: "page of a query")
    }
    // The failure of a page that the loop never reaches is not reported.
    future.onCompletion { _ in }
    return future
  }
}
