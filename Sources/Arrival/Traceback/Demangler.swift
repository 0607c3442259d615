// SPDX-License-Identifier: Apache-2.0
internal import CArrival

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  @preconcurrency internal import Glibc
#elseif canImport(Musl)
  @preconcurrency internal import Musl
#elseif canImport(Android)
  @preconcurrency internal import Android
#endif

/// Swift's own demangler.
enum Demangler {
  /// The name without modules and types, such as `closure #1 in User.load(_:)`; `nil` if the name
  /// is not mangled.
  static func short(_ rawName: String) -> String? { freeing(arrival_demangle(rawName)) }

  /// The name with all modules and types; `nil` if the name is not mangled.
  static func full(_ rawName: String) -> String? { freeing(arrival_demangle_fully(rawName)) }

  private static func freeing(_ text: UnsafeMutablePointer<CChar>?) -> String? {
    guard let text else { return nil }
    defer { free(text) }
    return String(cString: text)
  }
}
