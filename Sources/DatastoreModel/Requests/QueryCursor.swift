// SPDX-License-Identifier: Apache-2.0
/// A position in the results of a query, from which any process can continue later.
///
/// Each page of results has one. A query that starts at a cursor continues after the last result of
/// that page, even if entities were added or deleted in between. A cursor is valid only for the
/// same query: the same kind, namespace, filters, orders, projection and distinct properties. The
/// backend defines its bytes. Use ``text`` to put it into a link, for example.
public struct QueryCursor: Sendable, Hashable {
  /// The bytes of the cursor, as the backend made them.
  public var bytes: [UInt8]

  /// Makes a cursor from the bytes of another one. A backend refuses any other bytes.
  public init(bytes: [UInt8]) { self.bytes = bytes }

  /// Makes a cursor from its ``text``. `nil` if the text is not valid.
  public init?(text: String) {
    guard let bytes = Base64URL.decode(text) else { return nil }
    self.bytes = bytes
  }

  /// The cursor as text that is safe in URLs: Base64 of RFC 4648, section 5, without padding.
  public var text: String { Base64URL.encode(bytes) }
}

extension QueryCursor: CustomStringConvertible {
  /// The cursor's text.
  public var description: String { text }
}
