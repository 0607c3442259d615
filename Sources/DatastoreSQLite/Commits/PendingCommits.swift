// SPDX-License-Identifier: Apache-2.0
/// The commits that wait for the one writer, and which of them it takes together. This is pure.
///
/// The caller that adds a commit while the writer is idle starts the writer. The writer takes a
/// group, writes it, takes the next one, and is idle when there is none. So every commit is
/// written, and no two groups are written at once.
struct PendingCommits<Item> {
  /// The most mutations of a group, unless its first commit alone has more: enough that a page of
  /// the index is written once for many rows.
  static var maxMutations: Int { 10_000 }
  /// The most bytes of entities and keys in a group. It bounds what the writer keeps in memory.
  static var maxBytes: Int { 16 << 20 }

  private var waiting: [Item] = []
  private var isWriterBusy = false

  var waitingCount: Int { waiting.count }

  /// What to do after adding a commit.
  enum OnAdd { case startWriter, none }

  mutating func add(_ item: Item) -> OnAdd {
    waiting.append(item)
    if isWriterBusy { return .none }
    isWriterBusy = true
    return .startWriter
  }

  /// Takes the next group, which begins with the commit that has waited longest.
  ///
  /// - Parameter size: How many mutations and bytes a commit has.
  mutating func takeGroup(_ size: (Item) -> (mutations: Int, bytes: Int)) -> [Item] {
    var mutations = 0
    var bytes = 0
    var count = 0
    for item in waiting {
      let next = size(item)
      mutations += next.mutations
      bytes += next.bytes
      if count > 0, mutations > Self.maxMutations || bytes > Self.maxBytes { break }
      count += 1
    }
    defer { waiting.removeFirst(count) }
    return Array(waiting[..<count])
  }

  /// What the writer does after a group.
  enum OnFinish { case takeNextGroup, becomeIdle }

  mutating func finishGroup() -> OnFinish {
    isWriterBusy = !waiting.isEmpty
    return isWriterBusy ? .takeNextGroup : .becomeIdle
  }
}
