/// One future on the way of an error, and what the error came through before. Immutable, so that any
/// number of futures share the rest of the way.
///
/// `@unchecked Sendable`: changed only by the `deinit` of the last to hold it.
final class Trace: @unchecked Sendable {
  let name: String?
  let creationSite: SourceSite
  /// Where a promise was failed.
  let failureSite: SourceSite?
  /// Where the future's tasklet threw, or awaited what is upstream.
  let frames: RawFrames?
  private(set) var upstream: Trace?

  init(
    name: String?, creationSite: SourceSite, failureSite: SourceSite?, frames: RawFrames? = nil,
    upstream: Trace?
  ) {
    self.name = name
    self.creationSite = creationSite
    self.failureSite = failureSite
    self.frames = frames
    self.upstream = upstream
  }

  // Freed one by one: the way through ten thousand futures would overflow the stack.
  deinit {
    var next = upstream.take()
    while isKnownUniquelyReferenced(&next) { next = next?.upstream.take() }
  }

  /// The frames of this future alone, the most recent last.
  var ownFrames: [Traceback.Frame] {
    var frames = [Traceback.Frame(creationSite, kind: .creation(future: name))]
    if let raw = self.frames { frames += raw.symbolicated() }
    if let site = failureSite { frames.append(Traceback.Frame(site, kind: .failure)) }
    return frames
  }

  /// The whole way: this future, and upstream what the error came through before.
  var links: [Trace] { Array(sequence(first: self, next: \.upstream)) }
}
