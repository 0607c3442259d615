#if Cloud
  internal import AsyncHTTPClient
  internal import Datastore
  internal import Foundation
  internal import JWTKit
  internal import NIOCore
  internal import NIOFoundationCompat
  internal import NIOHTTP1
  internal import NIOSSL

  /// A proof of who calls, good for some time.
  struct AccessToken: Sendable {
    var secret: Secret
    /// How long it is good from when it was asked for.
    var lifetime: Duration
  }

  /// Where tokens come from.
  protocol TokenSource: Sendable {
    /// The project whose quota calls count against, where the account belongs to none by itself.
    var quotaProject: String? { get }

    /// Asks for a new token, with this client.
    ///
    /// - Throws: `DatastoreError`: `permissionDenied` if there is none to be had, `unavailable` if asking
    ///   failed in a way that may pass.
    func fetch(_ http: HTTPClient) async throws -> AccessToken
  }

  extension TokenSource {
    var quotaProject: String? { nil }
  }

  /// The permission that tokens are asked for.
  let datastoreScope = "https://www.googleapis.com/auth/datastore"

  /// Asks with a text that the account's private key has signed.
  struct ServiceAccount: TokenSource {
    private struct Claims: JWTPayload {
      var iss: IssuerClaim
      var scope: String
      var aud: AudienceClaim
      var iat: IssuedAtClaim
      var exp: ExpirationClaim

      func verify(using algorithm: some JWTAlgorithm) throws {}
    }

    private let email: String
    private let keyID: String?
    private let signer: Insecure.RSA.PrivateKey
    private let tokenURL: String

    init(email: String, keyID: String?, privateKey: Secret, tokenURL: String) throws {
      self.email = email
      self.keyID = keyID
      self.tokenURL = tokenURL
      do {
        signer = try Insecure.RSA.PrivateKey(pem: privateKey.text)
      } catch {
        throw DatastoreError(
          .invalidArgument,
          "The private key of the service account \(email) is damaged. Make a new key for it.")
      }
    }

    func fetch(_ http: HTTPClient) async throws -> AccessToken {
      let kid = keyID.map { JWKIdentifier(string: $0) }
      let keys = await JWTKeyCollection().add(rsa: signer, digestAlgorithm: .sha256, kid: kid)
      let now = Date()
      let claims = Claims(
        iss: .init(value: email), scope: datastoreScope, aud: .init(value: tokenURL),
        iat: .init(value: now),
        exp: .init(value: now.addingTimeInterval(3_600)))
      let assertion = try await keys.sign(claims, kid: kid)
      return try await TokenRequest(http, who: "service account \(email)").post(
        tokenURL,
        form: [
          ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion),
        ])
    }
  }

  /// Asks with what a user's login has left behind.
  struct UserAccount: TokenSource {
    let clientID: String
    let clientSecret: Secret
    let refreshToken: Secret
    let tokenURL: String
    let quotaProject: String?

    func fetch(_ http: HTTPClient) async throws -> AccessToken {
      try await TokenRequest(http, who: "user of gcloud").post(
        tokenURL,
        form: [
          ("grant_type", "refresh_token"), ("client_id", clientID),
          ("client_secret", clientSecret.text), ("refresh_token", refreshToken.text),
        ])
    }
  }

  /// Asks the server that every machine at Google has.
  struct MetadataServer: TokenSource {
    private let url: String

    init(environment: [String: String]) {
      let host = environment["GCE_METADATA_HOST"] ?? "metadata.google.internal"
      url = "http://\(host)/computeMetadata/v1/instance/service-accounts/default/token"
    }

    func fetch(_ http: HTTPClient) async throws -> AccessToken {
      var request = HTTPClientRequest(url: url)
      request.headers.add(name: "Metadata-Flavor", value: "Google")
      return try await TokenRequest(http, who: "machine's account").send(request, isMetadata: true)
    }
  }

  /// One question for a token. What its errors say comes from the server's `error` fields at most.
  struct TokenRequest {
    private let http: HTTPClient
    /// Who asks, for messages.
    private let who: String
    /// In seconds, where the answer may leave it out.
    private let defaultLifetime: Double?

    init(_ http: HTTPClient, who: String, defaultLifetime: Double? = nil) {
      self.http = http
      self.who = who
      self.defaultLifetime = defaultLifetime
    }

    // The names are those of the protocol.
    // swift-format-ignore: AlwaysUseLowerCamelCase
    private struct Reply: Decodable {
      var access_token: String?
      var expires_in: Double?
      var error: String?
      /// What impersonation answers with, in place of the first two.
      var accessToken: String?
      var expireTime: String?

      var token: String? { access_token ?? accessToken }

      var lifetime: Double? {
        if let expires_in { return expires_in }
        return expireTime.flatMap { try? Date($0, strategy: .iso8601) }?.timeIntervalSinceNow
      }
    }

    func post(_ url: String, form: [(String, String)]) async throws -> AccessToken {
      var request = HTTPClientRequest(url: url)
      request.method = .POST
      request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
      let fields = form.map { "\($0)=\(percentEncoded($1))" }
      request.body = .bytes(ByteBuffer(string: fields.joined(separator: "&")))
      return try await send(request, isMetadata: false)
    }

    func send(_ request: HTTPClientRequest, isMetadata: Bool) async throws -> AccessToken {
      let response: HTTPClientResponse
      let body: ByteBuffer
      do {
        response = try await http.execute(request, timeout: TimeAmount(TokenCache.timeLimit))
        body = try await response.body.collect(upTo: 1_024 * 1_024)
      } catch {
        // The error itself may hold the request, secrets and all.
        if error is NIOSSLError || error is NIOSSLExtraError {
          throw failure(
            .failedPrecondition,
            """
            the certificate of \(request.url) is not trusted here. Authorities of your own go into a \
            file of certificates in PEM that SSL_CERT_FILE or certificateAuthorities names
            """)
        }
        throw failure(
          .unavailable,
          isMetadata
            ? """
            there is no metadata server, and no other credentials were found. Set \
            GOOGLE_APPLICATION_CREDENTIALS, or run `gcloud auth application-default login`
            """ : "\(request.url) cannot be reached or did not answer in time")
      }
      let reply = try? JSONDecoder().decode(Reply.self, from: Data(buffer: body))
      switch response.status.code {
      case 200: break
      case 429, 500...599:
        throw failure(.unavailable, "\(request.url) answered \(response.status.code)")
      default:
        // A code of OAuth's, such as invalid_grant. Longer texts are left out: who knows what a server
        // repeats there of what it was sent.
        let isCode = reply?.error.map {
          $0.utf8.count <= 40 && $0.allSatisfy { $0.isLetter || $0 == "_" }
        }
        let why = isCode == true ? reply?.error.map { " (\($0))" } ?? "" : ""
        throw failure(
          .permissionDenied, "\(request.url) answered \(response.status.code)\(why)")
      }
      guard let reply, let token = reply.token, !token.isEmpty,
        token.utf8.allSatisfy({ 0x21...0x7E ~= $0 }),
        let seconds = reply.lifetime ?? defaultLifetime, seconds > 0, seconds < 1e9
      else { throw failure(.unavailable, "what \(request.url) answered holds no token") }
      if isMetadata, response.headers.first(name: "Metadata-Flavor") != "Google" {
        throw failure(.permissionDenied, "\(request.url) is no metadata server of Google's")
      }
      return AccessToken(secret: Secret(token), lifetime: .seconds(seconds))
    }

    private func failure(_ code: DatastoreError.Code, _ why: String) -> DatastoreError {
      DatastoreError(code, "There is no token for the \(who): \(why).")
    }
  }
#endif
