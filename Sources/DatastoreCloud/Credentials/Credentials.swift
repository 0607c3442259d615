// SPDX-License-Identifier: Apache-2.0
#if Cloud
  /// How calls authenticate to the service. Names the place of a secret, and never holds the
  /// secret.
  public struct Credentials: Sendable, Hashable {
    enum Source: Sendable, Hashable {
      case none
      case applicationDefault
      case file(String)
      case metadataServer
    }

    let source: Source

    /// No authentication, for emulators.
    public static let none = Credentials(source: .none)

    /// Application Default Credentials, in the order of Google's own libraries.
    ///
    /// These are the file named by `GOOGLE_APPLICATION_CREDENTIALS`, the file that
    /// `gcloud auth application-default login` writes, and the machine's metadata server.
    public static let applicationDefault = Credentials(source: .applicationDefault)

    /// The metadata server of a machine in Google Cloud.
    public static let metadataServer = Credentials(source: .metadataServer)

    /// A credentials file.
    ///
    /// It is the key of a service account, a user's application default credentials, or the
    /// configuration of workload identity federation with a token in a file, with or without
    /// impersonation of a service account.
    ///
    /// The file is read when the backend is created. If other users may read the file, a warning
    /// goes to standard error; `chmod 600` ends it.
    public static func file(_ path: String) -> Credentials { Credentials(source: .file(path)) }
  }

  extension Credentials: CustomStringConvertible {
    /// The place of the secret.
    public var description: String {
      switch source {
      case .none: "no credentials"
      case .applicationDefault: "application default credentials"
      case .file(let path): "credentials in \(path)"
      case .metadataServer: "credentials of the metadata server"
      }
    }
  }

  /// A text that never appears in a description, a dump or an error.
  struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
  {
    let text: String

    init(_ text: String) { self.text = text }

    var description: String { "<secret>" }
    var debugDescription: String { "<secret>" }
    var customMirror: Mirror { Mirror(self, children: []) }
  }
#endif
