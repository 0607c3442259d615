extension Traceback {
  /// Where the calling code is now: the functions that called it and the async functions that await
  /// them, the most recent call last. The last frame is the caller.
  ///
  /// Looks symbols up: some milliseconds for code that was not looked up before.
  ///
  /// - Parameter limit: how many frames at most: above zero the oldest, below zero those nearest to
  ///   the caller.
  @inline(never)
  public static func current(limit: Int? = nil) -> Traceback {
    let here = Traceback(frames: RawFrames.current().symbolicated())
    return Traceback(frames: here.frames(limit: limit, includingRuntime: false))
  }
}
