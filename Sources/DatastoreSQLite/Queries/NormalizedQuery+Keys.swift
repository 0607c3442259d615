// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel

  extension NormalizedQuery {
    /// Whether a conjunction allows fewer keys than the namespace has.
    func restrictsKeys(_ conjunction: Conjunction) -> Bool {
      var writer = BlobWriter()
      KeyCodec.append(request.namespace, to: &writer)
      return conjunction.keyRanges != [.beginning(with: writer.bytes)]
    }

    /// Whether a part of the filter asks for an ancestor.
    var hasAncestor: Bool { conjunctions.contains { ancestor($0) != nil } }

    /// The ancestor whose descendants are exactly the keys that a conjunction allows, if there is
    /// one.
    func ancestor(_ conjunction: Conjunction) -> Key? {
      guard conjunction.keyRanges.count == 1, let range = conjunction.keyRanges.first,
        range == .beginning(with: range.lower)
      else { return nil }
      let key = range.lower.withUnsafeBytes { try? KeyCodec.decode($0) }
      return key.flatMap { $0.isComplete ? $0 : nil }
    }
  }
#endif
