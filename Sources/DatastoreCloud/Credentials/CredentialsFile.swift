#if Cloud
  internal import Datastore
  internal import Foundation

  /// What a file of credentials says.
  enum CredentialsFile: Sendable {
    case serviceAccount(email: String, keyID: String?, privateKey: Secret, tokenURL: String)
    case user(clientID: String, clientSecret: Secret, refreshToken: Secret, tokenURL: String)

    // The names are those of the files.
    // swift-format-ignore: AlwaysUseLowerCamelCase
    private struct Contents: Decodable {
      var type: String
      var client_email: String?
      var private_key_id: String?
      var private_key: String?
      var token_uri: String?
      var client_id: String?
      var client_secret: String?
      var refresh_token: String?
    }

    static let tokenURL = "https://oauth2.googleapis.com/token"

    /// Reads a file. No error says what stands in it.
    ///
    /// - Throws: `DatastoreError` with `permissionDenied` or `invalidArgument` and the path.
    init(path: String, warn: (String) -> Void = CredentialsFile.warn) throws(DatastoreError) {
      let data: Data
      do {
        data = try Data(contentsOf: URL(fileURLWithPath: path))
      } catch {
        throw DatastoreError(
          .permissionDenied,
          "The file of credentials \(path) cannot be read. See that it is there and is yours.")
      }
      Self.checkMode(path, warn)
      try self.init(data, path: path)
    }

    init(_ data: Data, path: String) throws(DatastoreError) {
      func unusable(_ why: String) -> DatastoreError {
        DatastoreError(
          .invalidArgument,
          """
          The file of credentials \(path) \(why). Get a new one: a key of a service account, or the \
          file that `gcloud auth application-default login` writes.
          """)
      }
      // The decoder's own errors may quote the file.
      guard let contents = try? JSONDecoder().decode(Contents.self, from: data) else {
        throw unusable("is not JSON with a \"type\"")
      }
      let url = contents.token_uri ?? Self.tokenURL
      switch contents.type {
      case "service_account":
        guard let email = contents.client_email, let key = contents.private_key else {
          throw unusable("is a service account's and lacks client_email or private_key")
        }
        self = .serviceAccount(
          email: email, keyID: contents.private_key_id, privateKey: Secret(key), tokenURL: url)
      case "authorized_user":
        guard let id = contents.client_id, let secret = contents.client_secret,
          let token = contents.refresh_token
        else { throw unusable("is a user's and lacks client_id, client_secret or refresh_token") }
        self = .user(
          clientID: id, clientSecret: Secret(secret), refreshToken: Secret(token), tokenURL: url)
      default:
        throw unusable("is of the type \"\(contents.type)\", which this release does not know")
      }
    }

    private static func checkMode(_ path: String, _ warn: (String) -> Void) {
      let attributes = try? FileManager.default.attributesOfItem(atPath: path)
      guard let mode = attributes?[.posixPermissions] as? Int, mode & 0o077 != 0 else { return }
      warn(
        """
        arrival: the file of credentials \(path) may be read by others than its owner \
        (mode \(String(mode & 0o777, radix: 8))). Run: chmod 600 \(path)
        """)
    }

    static func warn(_ text: String) {
      FileHandle.standardError.write(Data((text + "\n").utf8))
    }
  }

  extension Credentials {
    /// Where tokens come from; `nil` if none are needed.
    func tokenSource(
      environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> (any TokenSource)? {
      switch source {
      case .none: return nil
      case .metadataServer: return MetadataServer(environment: environment)
      case .file(let path): return try Self.source(path)
      case .applicationDefault:
        if let path = environment["GOOGLE_APPLICATION_CREDENTIALS"], !path.isEmpty {
          return try Self.source(path)
        }
        let folder =
          environment["CLOUDSDK_CONFIG"]
          ?? environment["HOME"].map { "\($0)/.config/gcloud" } ?? ""
        let path = "\(folder)/application_default_credentials.json"
        if FileManager.default.fileExists(atPath: path) { return try Self.source(path) }
        return MetadataServer(environment: environment)
      }
    }

    private static func source(_ path: String) throws -> any TokenSource {
      switch try CredentialsFile(path: path) {
      case .serviceAccount(let email, let keyID, let key, let url):
        return try ServiceAccount(email: email, keyID: keyID, privateKey: key, tokenURL: url)
      case .user(let id, let secret, let token, let url):
        return UserAccount(clientID: id, clientSecret: secret, refreshToken: token, tokenURL: url)
      }
    }
  }
#endif
