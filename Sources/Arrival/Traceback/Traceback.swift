/// Where an error came from and the way it came. Immutable; reading it changes nothing.
///
/// Frames are in Python's order, the most recent call last: where the future was made, then where
/// it was failed.
public struct Traceback: Sendable, Hashable, CustomStringConvertible {
  /// One place on the way.
  public struct Frame: Sendable, Hashable, CustomStringConvertible {
    /// What happened there.
    public enum Role: Sendable, Hashable {
      /// The future was made there.
      case creation(name: String?)
      /// The future was failed there.
      case failure
    }

    public let site: SourceSite
    public let role: Role

    init(_ site: SourceSite, role: Role) {
      self.site = site
      self.role = role
    }

    public var description: String {
      let what =
        switch role {
        case .creation(let name): name.map { "future \"\($0)\" created" } ?? "future created"
        case .failure: "failed"
        }
      return "  File \"\(site.file)\", line \(site.line), in \(site.function) (\(what))"
    }
  }

  /// The frames, the most recent call last.
  public let frames: [Frame]

  init(frames: [Frame]) { self.frames = frames }

  /// The text of the traceback, a line a frame, under Python's heading. Ends with a newline.
  public func format() -> String {
    "Traceback (most recent call last):\n" + frames.map { "\($0)\n" }.joined()
  }

  public var description: String { format() }
}
