// SPDX-License-Identifier: Apache-2.0
extension Future {
  /// A future with what `transform` makes of each element, in the order of the elements. At most
  /// `limit` calls are under way at once.
  ///
  /// ```swift
  /// let pages = Future.map(addresses, limit: 8) { try await api.page($0) }
  /// ```
  ///
  /// The calls are child tasks of one tasklet. The first error cancels the calls that are under way
  /// and makes no more; the future fails with it when they have ended. So when the future is done,
  /// nothing of it still runs. Cancelling the future cancels the calls. If there are no elements,
  /// the value is an empty array.
  ///
  /// - Parameters:
  ///   - elements: read before the method returns.
  ///   - limit: the most calls at once; one or more.
  ///   - name: shown in descriptions and reports.
  ///   - executor: where the calls run; by default where the calling tasklet runs, or else
  ///     ``TaskletExecutor/shared``.
  ///   - function: the function that calls this; left out.
  ///   - file: its file; left out.
  ///   - line: its line; left out.
  ///   - transform: makes the value of one element.
  public static func map<Element: Sendable>(
    _ elements: some Sequence<Element>, limit: Int, name: String? = nil,
    on executor: TaskletExecutor? = nil,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line,
    _ transform: @escaping @Sendable (Element) async throws -> Value
  ) -> Future<[Value]> {
    precondition(limit > 0, "the limit of Future.map must be at least 1")
    let elements = Array(elements)
    return Future<[Value]>(
      name, on: executor, at: SourceSite(function: function, file: file, line: line)
    ) {
      try await mapped(elements, limit: limit, transform)
    }
  }

  private static func mapped<Element: Sendable>(
    _ elements: [Element], limit: Int,
    _ transform: @escaping @Sendable (Element) async throws -> Value
  ) async throws -> [Value] {
    try await withThrowingTaskGroup(of: (Int, Value).self) { group in
      var values = [Value?](repeating: nil, count: elements.count)
      for (index, element) in elements.enumerated() {
        if index >= limit, let (place, value) = try await group.next() { values[place] = value }
        group.addTask { (index, try await transform(element)) }
      }
      for try await (place, value) in group { values[place] = value }
      return values.compactMap { $0 }
    }
  }
}
