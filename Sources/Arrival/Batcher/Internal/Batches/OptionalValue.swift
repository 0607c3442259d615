// SPDX-License-Identifier: Apache-2.0
/// An `Optional` of any type.
protocol OptionalValue {
  static var none: Self { get }

  /// What is in it; `nil` if that is nothing.
  var wrapped: Any? { get }
}

extension Optional: OptionalValue {
  var wrapped: Any? { map { $0 } }
}
