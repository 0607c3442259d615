/// One future on the way of an error, and what the error came through before. Immutable, so that any
/// number of futures share the rest of the way.
final class Trace: Sendable {
  let name: String?
  let creationSite: SourceSite
  /// Where a promise was failed.
  let failureSite: SourceSite?
  let upstream: Trace?

  init(name: String?, creationSite: SourceSite, failureSite: SourceSite?, upstream: Trace?) {
    self.name = name
    self.creationSite = creationSite
    self.failureSite = failureSite
    self.upstream = upstream
  }

  /// The frames of the whole way, the most recent last.
  var frames: [Traceback.Frame] {
    var frames: [Traceback.Frame] = []
    var next: Trace? = self
    while let trace = next {
      frames.append(
        Traceback.Frame(trace.creationSite, kind: .creation(future: trace.name)))
      if let site = trace.failureSite { frames.append(Traceback.Frame(site, kind: .failure)) }
      next = trace.upstream
    }
    return frames
  }
}
