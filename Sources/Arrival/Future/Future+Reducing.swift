extension Future where Value == Never {
  /// A future of all values made one: `combine` is given the first two, then what that made and the
  /// third, and so on in the order of `futures`. O(n).
  ///
  /// `combine` is called as soon as the next in order has arrived, one call at a time, where callbacks
  /// run. What it throws fails the future, and so does, at once, the first error to arrive. Of no
  /// futures it is `nil` from the start, of one that one's value; `combine` is not called then.
  /// Cancelling it abandons the futures, as with `all`.
  public static func reduce<V>(
    _ futures: some Sequence<Future<V>>,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line,
    _ combine: @escaping @Sendable (V, V) throws -> V
  ) -> Future<V?> {
    Fold.future(
      of: Array(futures), from: nil, site: SourceSite(function: function, file: file, line: line)
    ) { sum, next in
      guard let sum else { return .value(next) }
      return .value(try combine(sum, next))
    }
  }

  /// As the overload for a `combine` that gives a value, for one that is asynchronous itself: the next
  /// call is made when the future it gave has arrived.
  public static func reduce<V>(
    _ futures: some Sequence<Future<V>>,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line,
    _ combine: @escaping @Sendable (V, V) throws -> Future<V>
  ) -> Future<V?> {
    Fold.future(
      of: Array(futures), from: nil, site: SourceSite(function: function, file: file, line: line)
    ) { sum, next in
      guard let sum else { return .value(next) }
      return .future(try combine(sum, next).map { $0 })
    }
  }

  /// A future of all values made one, beginning with `initial`: `combine` is given that and the first
  /// value, then what it made and the second, and so on in the order of `futures`. O(n).
  ///
  /// Of no futures it is `initial` from the start. As the overload without `initial` in all else.
  public static func reduce<V, Sum: Sendable>(
    _ futures: some Sequence<Future<V>>, from initial: Sum,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line,
    _ combine: @escaping @Sendable (Sum, V) throws -> Sum
  ) -> Future<Sum> {
    Fold.future(
      of: Array(futures), from: initial,
      site: SourceSite(function: function, file: file, line: line)
    ) { .value(try combine($0, $1)) }
  }

  /// As the overload for a `combine` that gives a value, for one that is asynchronous itself: the next
  /// call is made when the future it gave has arrived.
  public static func reduce<V, Sum: Sendable>(
    _ futures: some Sequence<Future<V>>, from initial: Sum,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line,
    _ combine: @escaping @Sendable (Sum, V) throws -> Future<Sum>
  ) -> Future<Sum> {
    Fold.future(
      of: Array(futures), from: initial,
      site: SourceSite(function: function, file: file, line: line)
    ) { .future(try combine($0, $1)) }
  }
}
