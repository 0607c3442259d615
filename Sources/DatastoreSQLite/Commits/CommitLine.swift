/// The commits that wait for the one writer, and which of them it takes together: pure.
///
/// Whoever finds the line at rest starts the writer; it takes a group, comes back for the next one,
/// and rests when there is none. So no commit is left lying, and no two groups run at once.
struct CommitLine<Item> {
  /// How many mutations a group may have, unless its first commit alone has more: enough that pages
  /// of the index are written once for many rows.
  static var maximumMutations: Int { 10_000 }
  /// How many bytes of entities and keys; it bounds what the writer keeps in memory.
  static var maximumBytes: Int { 16 << 20 }

  private var waiting: [Item] = []
  private var isWriterAtWork = false

  var waitingCount: Int { waiting.count }

  /// What to do after adding a commit.
  enum OnAdd { case startWriter, none }

  mutating func add(_ item: Item) -> OnAdd {
    waiting.append(item)
    if isWriterAtWork { return .none }
    isWriterAtWork = true
    return .startWriter
  }

  /// The commits that the writer takes next, the longest waiting first.
  ///
  /// - Parameter size: How many mutations and bytes a commit has.
  mutating func take(_ size: (Item) -> (mutations: Int, bytes: Int)) -> [Item] {
    var mutations = 0
    var bytes = 0
    var count = 0
    for item in waiting {
      let next = size(item)
      mutations += next.mutations
      bytes += next.bytes
      if count > 0, mutations > Self.maximumMutations || bytes > Self.maximumBytes { break }
      count += 1
    }
    defer { waiting.removeFirst(count) }
    return Array(waiting[..<count])
  }

  /// What the writer does after a group.
  enum OnFinish { case goOn, rest }

  mutating func finish() -> OnFinish {
    isWriterAtWork = !waiting.isEmpty
    return isWriterAtWork ? .goOn : .rest
  }
}
