// SPDX-License-Identifier: Apache-2.0
/// A name that equals only a name of the same bytes.
///
/// Two `String`s are equal if they are canonically equivalent, such as the two spellings of "é".
/// The Datastore compares bytes. So names that index a dictionary or a set have this type.
package struct ExactText: Sendable {
  package let text: String

  package init(_ text: String) { self.text = text }
}

extension ExactText: Hashable, Comparable {
  package static func == (a: Self, b: Self) -> Bool { identicalText(a.text, b.text) }

  package func hash(into hasher: inout Hasher) { hasher.combine(text: text) }

  /// The order of the bytes.
  package static func < (a: Self, b: Self) -> Bool {
    a.text.utf8.lexicographicallyPrecedes(b.text.utf8)
  }
}

extension ExactText: CustomStringConvertible {
  package var description: String { text }
}

extension Sequence<String> {
  /// Whether one of these is a name.
  package func containsExactly(_ name: String) -> Bool { contains { identicalText($0, name) } }

  /// Whether these names are those names, in order.
  package func hasSameNames(as other: some Sequence<String>) -> Bool {
    elementsEqual(other, by: identicalText)
  }
}

extension Hasher {
  /// Hashes the bytes of names.
  mutating func combine(names: [String]) {
    combine(names.count)
    for name in names { combine(text: name) }
  }
}
