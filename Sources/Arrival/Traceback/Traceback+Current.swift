extension Traceback {
  /// Where the calling code is now: the functions that called it, the most recent call last.
  ///
  /// - Parameter limit: how many frames at most: above zero the oldest, below zero those nearest to
  ///   the caller.
  @inline(never)
  public static func current(limit: Int? = nil) -> Traceback {
    let here = Traceback(frames: currentFrames())
    return Traceback(frames: here.frames(limit: limit, includingRuntime: false))
  }

  /// The frames of the calling thread; none where the stack cannot be walked.
  private static func currentFrames() -> [Frame] { [] }
}
