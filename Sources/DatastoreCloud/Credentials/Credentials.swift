#if Cloud
  /// How to prove to the service who calls. Never holds a secret, only where it lies.
  public struct Credentials: Sendable, Hashable {
    enum Source: Sendable, Hashable {
      case none
    }

    let source: Source

    /// No proof: for emulators.
    public static let none = Credentials(source: .none)
    public static let applicationDefault = Credentials(source: .none)
  }
#endif
