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

  /// The frames of this future alone, the most recent last.
  var ownFrames: [Traceback.Frame] {
    var frames = [Traceback.Frame(creationSite, kind: .creation(future: name))]
    if let site = failureSite { frames.append(Traceback.Frame(site, kind: .failure)) }
    return frames
  }

  /// The whole way: this future, and upstream what the error came through before.
  var links: [Trace] { Array(sequence(first: self, next: \.upstream)) }
}
