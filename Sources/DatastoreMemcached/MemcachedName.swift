// SPDX-License-Identifier: Apache-2.0
#if NIO
  internal import DatastoreModel

  /// The names of keys on the server: text of at most 250 bytes, without spaces.
  enum MemcachedName {
    /// The most bytes of a key whose name has all of them.
    static let maxWholeKey = 181

    /// A name that no other key has, but for collisions of SHA-256 among long keys.
    static func of(_ key: [UInt8]) -> String {
      if key.count <= maxWholeKey { return "arrival:" + Base64URL.encode(key) }
      return "arrival#" + Base64URL.encode(SHA256.hash(key))
    }
  }
#endif
