// SPDX-License-Identifier: Apache-2.0
#if Server
  private import Synchronization

  /// Counts the server's resets, so that a request can tell whether one has come between.
  final class Resets: Sendable {
    private let beginnings = Atomic(0)
    private let ends = Atomic(0)

    /// How many resets have ended.
    var count: Int { ends.load(ordering: .sequentiallyConsistent) }

    /// Whether a reset was under way at some time since an earlier count.
    func wasAny(since count: Int) -> Bool {
      beginnings.load(ordering: .sequentiallyConsistent) > count
    }

    func begin() { beginnings.add(1, ordering: .sequentiallyConsistent) }
    func end() { ends.add(1, ordering: .sequentiallyConsistent) }
  }
#endif
