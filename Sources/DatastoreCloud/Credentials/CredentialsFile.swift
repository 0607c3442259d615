// SPDX-License-Identifier: Apache-2.0
#if Cloud
  internal import DatastoreModel
  internal import Foundation

  /// The contents of a credentials file.
  enum CredentialsFile: Sendable {
    case serviceAccount(email: String, keyID: String?, privateKey: Secret, tokenURL: String)
    case user(
      clientID: String, clientSecret: Secret, refreshToken: Secret, tokenURL: String,
      quotaProject: String?)
    case federated(audience: String, FederatedAccount.Proof, tokenURL: String)
    /// A service account that another account impersonates.
    indirect case impersonated(
      by: CredentialsFile, url: String, delegates: [String], lifetime: Int)

    // The names of the file format.
    // swift-format-ignore: AlwaysUseLowerCamelCase
    private final class Contents: Decodable {
      var type: String
      var client_email: String?
      var private_key_id: String?
      var private_key: String?
      var token_uri: String?
      var client_id: String?
      var client_secret: String?
      var refresh_token: String?
      var quota_project_id: String?
      // Federated and impersonated accounts.
      var audience: String?
      var subject_token_type: String?
      var token_url: String?
      var credential_source: Proof?
      var service_account_impersonation_url: String?
      var service_account_impersonation: Impersonation?
      var source_credentials: Contents?
      var delegates: [String]?
    }

    // swift-format-ignore: AlwaysUseLowerCamelCase
    private struct Proof: Decodable {
      struct Format: Decodable {
        var type: String?
        var subject_token_field_name: String?
      }

      var file: String?
      var format: Format?
    }

    // swift-format-ignore: AlwaysUseLowerCamelCase
    private struct Impersonation: Decodable {
      var token_lifetime_seconds: Int?
    }

    static let tokenURL = "https://oauth2.googleapis.com/token"

    /// Reads a credentials file. Errors never quote its contents.
    ///
    /// - Throws: `DatastoreError` with the code `permissionDenied` or `invalidArgument`, and the
    ///   path.
    init(path: String, warn: (String) -> Void = CredentialsFile.warn) throws(DatastoreError) {
      let data: Data
      do {
        data = try Data(contentsOf: URL(fileURLWithPath: path))
      } catch {
        throw DatastoreError(
          .permissionDenied,
          """
          The credentials file \(path) cannot be read. Check that it exists and that you may \
          read it.
          """)
      }
      Self.checkMode(path, warn)
      try self.init(data, path: path)
    }

    init(_ data: Data, path: String) throws(DatastoreError) {
      // The decoder's own errors may quote the contents.
      guard let contents = try? JSONDecoder().decode(Contents.self, from: data) else {
        throw Self.unusable(path, "is not JSON with a \"type\"")
      }
      try self.init(contents, path)
    }

    private static func unusable(_ path: String, _ why: String) -> DatastoreError {
      DatastoreError(
        .invalidArgument,
        """
        The credentials file \(path) \(why). Use the key of a service account, the file that \
        `gcloud auth application-default login` writes, or a file from \
        `gcloud iam workload-identity-pools create-cred-config`.
        """)
    }

    private init(_ contents: Contents, _ path: String) throws(DatastoreError) {
      let url = try Self.secure(contents.token_uri ?? Self.tokenURL, path)
      switch contents.type {
      case "service_account":
        guard let email = contents.client_email, let key = contents.private_key else {
          throw Self.unusable(
            path, "is the key of a service account but lacks client_email or private_key")
        }
        self = .serviceAccount(
          email: email, keyID: contents.private_key_id, privateKey: Secret(key), tokenURL: url)
      case "authorized_user":
        guard let id = contents.client_id, let secret = contents.client_secret,
          let token = contents.refresh_token
        else {
          throw Self.unusable(
            path, "belongs to a user but lacks client_id, client_secret or refresh_token")
        }
        self = .user(
          clientID: id, clientSecret: Secret(secret), refreshToken: Secret(token), tokenURL: url,
          quotaProject: contents.quota_project_id)
      case "external_account": try self.init(federated: contents, path)
      case "impersonated_service_account":
        guard let source = contents.source_credentials,
          let url = contents.service_account_impersonation_url
        else {
          throw Self.unusable(
            path,
            """
            impersonates an account but lacks source_credentials or \
            service_account_impersonation_url
            """
          )
        }
        self = .impersonated(
          by: try Self(source, path), url: try Self.secure(url, path),
          delegates: contents.delegates ?? [],
          lifetime: 3_600)
      default:
        throw Self.unusable(
          path, "has the type \"\(contents.type)\", which is not supported")
      }
    }

    private init(federated contents: Contents, _ path: String) throws(DatastoreError) {
      guard let audience = contents.audience, let type = contents.subject_token_type,
        let url = contents.token_url, let source = contents.credential_source
      else {
        throw Self.unusable(
          path,
          """
          configures a federated account but lacks audience, subject_token_type, token_url or \
          credential_source
          """)
      }
      guard let file = source.file else {
        throw Self.unusable(
          path,
          """
          configures a federated account whose token comes from a URL, a program or AWS; only \
          tokens in files are supported (--credential-source-file)
          """)
      }
      let field = source.format?.type == "json" ? source.format?.subject_token_field_name : nil
      if source.format?.type == "json", field == nil {
        throw Self.unusable(path, "does not say which field of the token file holds the token")
      }
      let account = CredentialsFile.federated(
        audience: audience, .init(path: file, field: field, type: type),
        tokenURL: try Self.secure(url, path))
      guard let impersonation = contents.service_account_impersonation_url else {
        self = account
        return
      }
      self = .impersonated(
        by: account, url: try Self.secure(impersonation, path), delegates: [],
        lifetime: contents.service_account_impersonation?.token_lifetime_seconds ?? 3_600)
    }

    /// Refuses a URL to which a secret would go in clear text.
    private static func secure(_ text: String, _ path: String) throws(DatastoreError) -> String {
      let parts = URLComponents(string: text)
      let host = parts?.host?.lowercased() ?? ""
      switch parts?.scheme?.lowercased() {
      case "https" where !host.isEmpty: return text
      case "http" where isLoopback(host): return text
      default:
        throw DatastoreError(
          .invalidArgument,
          """
          The credentials file \(path) has a URL that is not https (host "\(host)"), and secrets \
          would be sent there in clear text. Nothing was sent. Use a URL with https, or one of \
          this machine.
          """)
      }
    }

    private static func isLoopback(_ host: String) -> Bool {
      if ["localhost", "::1", "[::1]"].contains(host) { return true }
      let bytes = host.split(separator: ".", omittingEmptySubsequences: false)
      return bytes.count == 4 && bytes[0] == "127" && bytes.allSatisfy { UInt8($0) != nil }
    }

    private static func checkMode(_ path: String, _ warn: (String) -> Void) {
      let attributes = try? FileManager.default.attributesOfItem(atPath: path)
      guard let mode = attributes?[.posixPermissions] as? Int, mode & 0o077 != 0 else { return }
      warn(
        """
        arrival: other users may read the credentials file \(path) \
        (mode \(String(mode & 0o777, radix: 8))). Run: chmod 600 \(path)
        """)
    }

    static func warn(_ text: String) {
      FileHandle.standardError.write(Data((text + "\n").utf8))
    }
  }

  extension Credentials {
    /// The source of access tokens; `nil` if no tokens are needed.
    func tokenSource(
      environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> (any TokenSource)? {
      switch source {
      case .none: return nil
      case .metadataServer: return MetadataServer(environment: environment)
      case .file(let path): return try Self.source(path, environment)
      case .applicationDefault:
        if let path = environment["GOOGLE_APPLICATION_CREDENTIALS"], !path.isEmpty {
          return try Self.source(path, environment)
        }
        let folder =
          environment["CLOUDSDK_CONFIG"]
          ?? environment["HOME"].map { "\($0)/.config/gcloud" } ?? ""
        let path = "\(folder)/application_default_credentials.json"
        if FileManager.default.fileExists(atPath: path) {
          return try Self.source(path, environment)
        }
        return MetadataServer(environment: environment)
      }
    }

    private static func source(
      _ path: String, _ environment: [String: String]
    ) throws -> any TokenSource {
      let quotaProject = environment["GOOGLE_CLOUD_QUOTA_PROJECT"].flatMap { $0.isEmpty ? nil : $0 }
      return try CredentialsFile(path: path).source(quotaProject: quotaProject)
    }
  }

  extension CredentialsFile {
    /// The source of access tokens that the file describes.
    ///
    /// - Parameters:
    ///   - scope: The OAuth scope that a federated account asks for.
    ///   - quotaProject: Replaces the quota project in a user's file.
    fileprivate func source(
      scope: String = datastoreScope, quotaProject: String? = nil
    ) throws -> any TokenSource {
      switch self {
      case .serviceAccount(let email, let keyID, let key, let url):
        return try ServiceAccount(email: email, keyID: keyID, privateKey: key, tokenURL: url)
      case .user(let id, let secret, let token, let url, let fromFile):
        return UserAccount(
          clientID: id, clientSecret: secret, refreshToken: token, tokenURL: url,
          quotaProject: quotaProject ?? fromFile)
      case .federated(let audience, let proof, let url):
        return FederatedAccount(audience: audience, proof: proof, tokenURL: url, scope: scope)
      case .impersonated(let account, let url, let delegates, let lifetime):
        // Impersonation needs a wider scope than the datastore does.
        let source = try account.source(scope: "https://www.googleapis.com/auth/cloud-platform")
        return ImpersonatedAccount(
          source: source, url: url, delegates: delegates, lifetime: lifetime)
      }
    }
  }
#endif
