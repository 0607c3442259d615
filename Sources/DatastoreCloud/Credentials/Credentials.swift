#if Cloud
  /// How to prove to the service who calls. It says where a secret lies and never holds one.
  public struct Credentials: Sendable, Hashable {
    enum Source: Sendable, Hashable {
      case none
      case applicationDefault
      case file(String)
      case metadataServer
    }

    let source: Source

    /// No proof: for emulators.
    public static let none = Credentials(source: .none)

    /// What Google's libraries take, in their order: the file that `GOOGLE_APPLICATION_CREDENTIALS`
    /// names, the file that `gcloud auth application-default login` writes, the metadata server of the
    /// machine.
    public static let applicationDefault = Credentials(source: .applicationDefault)

    /// The metadata server of a machine at Google.
    public static let metadataServer = Credentials(source: .metadataServer)

    /// A key file of a service account, the file of a user's application default credentials, or that of
    /// a federated account whose proof lies in a file, acting as a service account or not.
    ///
    /// It is read when the backend is made. One that others than its owner may read brings a warning on
    /// standard error: `chmod 600` it.
    public static func file(_ path: String) -> Credentials { Credentials(source: .file(path)) }
  }

  extension Credentials: CustomStringConvertible {
    /// Where the secret lies.
    public var description: String {
      switch source {
      case .none: "no credentials"
      case .applicationDefault: "application default credentials"
      case .file(let path): "credentials in \(path)"
      case .metadataServer: "credentials of the metadata server"
      }
    }
  }

  /// A text that shows in no description, dump or error.
  struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
  {
    let text: String

    init(_ text: String) { self.text = text }

    var description: String { "<secret>" }
    var debugDescription: String { "<secret>" }
    var customMirror: Mirror { Mirror(self, children: []) }
  }
#endif
