// SPDX-License-Identifier: Apache-2.0
extension Future {
  /// A future with all values combined into one. O(n).
  ///
  /// `combine` gets the first two values, then its result and the third value, and so on in the
  /// order of `futures`. It is called as soon as the next value has arrived, one call at a time,
  /// where callbacks run. An error that it throws fails the future, and so does the first error to
  /// arrive, at once. If `futures` is empty, the value is `nil`; of a single future it is that
  /// future's value. `combine` is not called then. Cancelling the future abandons `futures`, as
  /// with `all`.
  public static func reduce(
    _ futures: some Sequence<Future<Value>>, name: String? = nil,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line,
    _ combine: @escaping @Sendable (Value, Value) throws -> Value
  ) -> Future<Value?> {
    Fold.future(
      of: Array(futures), from: nil, name: name,
      site: SourceSite(function: function, file: file, line: line)
    ) { sum, next in
      guard let sum else { return .value(next) }
      return .value(try combine(sum, next))
    }
  }

  /// A future with all values combined into one, by a function that is asynchronous itself. O(n).
  ///
  /// The next call is made when the future that `combine` returned is done. Otherwise like the
  /// overload whose `combine` returns a value.
  public static func reduce(
    _ futures: some Sequence<Future<Value>>, name: String? = nil,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line,
    _ combine: @escaping @Sendable (Value, Value) throws -> Future<Value>
  ) -> Future<Value?> {
    Fold.future(
      of: Array(futures), from: nil, name: name,
      site: SourceSite(function: function, file: file, line: line)
    ) { sum, next in
      guard let sum else { return .value(next) }
      return .future(try combine(sum, next).map { $0 })
    }
  }

  /// A future with all values combined into one, beginning with `initial`. O(n).
  ///
  /// `combine` gets `initial` and the first value, then its result and the second value, and so on
  /// in the order of `futures`. If `futures` is empty, the value is `initial`. Otherwise like the
  /// overload without `initial`.
  public static func reduce<Sum: Sendable>(
    _ futures: some Sequence<Future<Value>>, from initial: Sum, name: String? = nil,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line,
    _ combine: @escaping @Sendable (Sum, Value) throws -> Sum
  ) -> Future<Sum> {
    Fold.future(
      of: Array(futures), from: initial, name: name,
      site: SourceSite(function: function, file: file, line: line)
    ) { .value(try combine($0, $1)) }
  }

  /// A future with all values combined into one, by a function that is asynchronous itself. O(n).
  ///
  /// The next call is made when the future that `combine` returned is done. Otherwise like the
  /// overload whose `combine` returns a value.
  public static func reduce<Sum: Sendable>(
    _ futures: some Sequence<Future<Value>>, from initial: Sum, name: String? = nil,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line,
    _ combine: @escaping @Sendable (Sum, Value) throws -> Future<Sum>
  ) -> Future<Sum> {
    Fold.future(
      of: Array(futures), from: initial, name: name,
      site: SourceSite(function: function, file: file, line: line)
    ) { .future(try combine($0, $1)) }
  }
}
