// SPDX-License-Identifier: Apache-2.0
extension String {
  /// A dump's text without the places where the waits began, which not every build knows.
  var withoutSites: String {
    replacing(/(\d m?s(?: of [^,\n(]*)?), [^\n]*? at \/[^\n]*?\.swift:\d+\)/) { "\($0.1))" }
  }
}
