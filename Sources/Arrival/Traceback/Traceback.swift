/// Where an error came from and the way it came. Immutable; reading it changes nothing.
///
/// ```swift
/// if let traceback = future.getTraceback() { traceback.print() }
/// ```
///
/// Frames are in Python's order, the most recent call last. They are made when somebody asks for
/// them, so a traceback that nobody reads costs nothing.
///
/// <doc:PythonTracebacks> says what became of each function of Python's `traceback` module.
public struct Traceback: Sendable, CustomStringConvertible {
  private let storage: Storage

  private enum Storage: Sendable {
    case frames([Frame])
    case trace(Trace)
  }

  /// A traceback of given frames, the most recent call last.
  public init(frames: [Frame]) { storage = .frames(frames) }

  init(_ trace: Trace) { storage = .trace(trace) }

  /// The frames, the most recent call last, without those of Arrival and the Swift runtime.
  public var frames: [Frame] { frames(limit: nil, includingRuntime: false) }

  /// All frames, those of Arrival and the Swift runtime too.
  public var allFrames: [Frame] { frames(limit: nil, includingRuntime: true) }

  /// The text under Python's heading; see ``format(limit:options:)``.
  public var description: String { format() }

  /// The frames that a limit leaves: above zero the oldest, below zero the most recent.
  ///
  /// What lies beyond the limit is not asked for its frames.
  func frames(limit: Int?, includingRuntime: Bool) -> [Frame] {
    let selection = Selection(limit: limit, includesRuntime: includingRuntime)
    return switch storage {
    case .frames(let frames): selection.frames(of: CollectionOfOne(frames))
    case .trace(let trace): selection.frames(of: trace.links.lazy.map(\.ownFrames))
    }
  }
}

extension Traceback {
  /// Which frames are wanted.
  private struct Selection {
    let limit: Int?
    let includesRuntime: Bool

    func frames(of parts: some BidirectionalCollection<[Frame]>) -> [Frame] {
      guard let limit, limit < 0 else { return oldest(limit ?? .max, of: parts) }
      return mostRecent(Int(clamping: limit.magnitude), of: parts)
    }

    private func oldest(_ count: Int, of parts: some Collection<[Frame]>) -> [Frame] {
      var wanted: [Frame] = []
      var next = parts.startIndex
      while wanted.count < count, next < parts.endIndex {
        wanted += visible(parts[next])
        parts.formIndex(after: &next)
      }
      return Array(wanted.prefix(count))
    }

    private func mostRecent(
      _ count: Int, of parts: some BidirectionalCollection<[Frame]>
    ) -> [Frame] {
      var wanted: [[Frame]] = []
      var missing = count
      var next = parts.endIndex
      while missing > 0, next > parts.startIndex {
        parts.formIndex(before: &next)
        wanted.append(visible(parts[next]).suffix(missing))
        missing -= wanted[wanted.count - 1].count
      }
      return Array(wanted.reversed().joined())
    }

    private func visible(_ frames: [Frame]) -> [Frame] {
      includesRuntime ? frames : frames.filter { !$0.isRuntime }
    }
  }
}

extension Traceback: Hashable {
  public static func == (a: Traceback, b: Traceback) -> Bool {
    // The same way need not be looked at.
    if case .trace(let a) = a.storage, case .trace(let b) = b.storage, a === b { return true }
    return a.allFrames == b.allFrames
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(allFrames) }
}
