// SPDX-License-Identifier: Apache-2.0
extension Traceback {
  /// The frames, the most recent call last, without those of Arrival and the Swift runtime.
  public var frames: [Frame] { frames(limit: nil, includingRuntime: false) }

  /// All frames, including those of Arrival and the Swift runtime.
  var allFrames: [Frame] { frames(limit: nil, includingRuntime: true) }

  /// The calling code's position: the functions that called it and the async functions that await
  /// them. The last frame is the caller.
  ///
  /// Looks symbols up, which takes some milliseconds for code that was not looked up before.
  ///
  /// - Parameter limit: how many frames at most: above zero the oldest, below zero those nearest to
  ///   the caller.
  @inline(never)
  public static func current(limit: Int? = nil) -> Traceback {
    let here = Traceback(frames: FrameBuilder.frames(at: RawFrames.current()))
    return Traceback(frames: here.frames(limit: limit, includingRuntime: false))
  }

  /// The frames that a limit leaves: above zero the oldest, below zero the most recent. No symbols
  /// are looked up for futures beyond the limit.
  func frames(limit: Int?, includingRuntime: Bool) -> [Frame] {
    let selection = FrameSelection(limit: limit, includesRuntime: includingRuntime)
    return switch storage {
    case .frames(let frames): selection.frames(of: CollectionOfOne(frames))
    case .trace(let trace): selection.frames(of: trace.links.lazy.map(FrameBuilder.frames))
    }
  }
}

/// Which frames are wanted.
private struct FrameSelection {
  let limit: Int?
  let includesRuntime: Bool

  func frames(
    of parts: some BidirectionalCollection<[Traceback.Frame]>
  ) -> [Traceback.Frame] {
    guard let limit, limit < 0 else { return oldest(limit ?? .max, of: parts) }
    return mostRecent(Int(clamping: limit.magnitude), of: parts)
  }

  private func oldest(
    _ count: Int, of parts: some Collection<[Traceback.Frame]>
  ) -> [Traceback.Frame] {
    var wanted: [Traceback.Frame] = []
    var next = parts.startIndex
    while wanted.count < count, next < parts.endIndex {
      wanted += visible(parts[next])
      parts.formIndex(after: &next)
    }
    return Array(wanted.prefix(count))
  }

  private func mostRecent(
    _ count: Int, of parts: some BidirectionalCollection<[Traceback.Frame]>
  ) -> [Traceback.Frame] {
    var wanted: [[Traceback.Frame]] = []
    var missing = count
    var next = parts.endIndex
    while missing > 0, next > parts.startIndex {
      parts.formIndex(before: &next)
      wanted.append(visible(parts[next]).suffix(missing))
      missing -= wanted[wanted.count - 1].count
    }
    return Array(wanted.reversed().joined())
  }

  private func visible(_ frames: [Traceback.Frame]) -> [Traceback.Frame] {
    includesRuntime ? frames : frames.filter { !$0.isRuntime }
  }
}

extension Traceback: Hashable {
  public static func == (a: Traceback, b: Traceback) -> Bool {
    // Frames of the same trace need not be looked up.
    if case .trace(let a) = a.storage, case .trace(let b) = b.storage, a === b { return true }
    return a.allFrames == b.allFrames
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(allFrames) }
}
