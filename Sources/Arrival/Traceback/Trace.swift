// SPDX-License-Identifier: Apache-2.0
/// The way of an error up to one future. Immutable, so futures that fail with the same error share
/// `upstream`.
///
/// `@unchecked Sendable`: changed only while it is freed, when nobody else holds it.
final class Trace: @unchecked Sendable {
  /// The future's name.
  let name: String?
  /// Where the future was created.
  let creationSite: SourceSite
  /// Where the future's promise was failed.
  let failureSite: SourceSite?
  /// Where the future's tasklet threw, or awaited the future that `upstream` begins with.
  let frames: RawFrames?
  /// The way up to the future that this one got the error from.
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

  // Freed one after the other: recursion through ten thousand futures would overflow the stack.
  deinit {
    var next = upstream.take()
    while isKnownUniquelyReferenced(&next) { next = next?.upstream.take() }
  }

  /// This future and those upstream of it.
  var links: [Trace] { Array(sequence(first: self, next: \.upstream)) }
}
