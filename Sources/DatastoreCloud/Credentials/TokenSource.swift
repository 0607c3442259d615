// SPDX-License-Identifier: Apache-2.0
#if Cloud
  internal import AsyncHTTPClient
  internal import DatastoreModel
  internal import Foundation
  internal import JWTKit
  internal import NIOCore
  internal import NIOFoundationCompat
  internal import NIOHTTP1
  internal import NIOSSL

  /// An OAuth access token.
  struct AccessToken: Sendable {
    var secret: Secret
    /// How long the token is valid, from the time of the request.
    var lifetime: Duration
  }

  /// A source of access tokens.
  protocol TokenSource: Sendable {
    /// The project whose quota the calls use; `nil` if the account's own project is used.
    var quotaProject: String? { get }

    /// Requests a new token through an HTTP client.
    ///
    /// - Throws: `DatastoreError` with the code `permissionDenied` if the request was refused, or
    ///   `unavailable` if the failure may be temporary.
    func fetch(_ http: HTTPClient) async throws -> AccessToken
  }

  extension TokenSource {
    var quotaProject: String? { nil }
  }

  /// The OAuth scope of the Datastore API.
  let datastoreScope = "https://www.googleapis.com/auth/datastore"

  /// A service account: signs a JWT with the account's private key and exchanges it for a token.
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
          "The private key of the service account \(email) is damaged. Create a new key.")
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

  /// A user account: exchanges the refresh token of a gcloud login for a token.
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

  /// The metadata server that every machine in Google Cloud can reach.
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

  /// One request for a token. Its errors quote nothing of the reply but the `error` field.
  struct TokenRequest {
    private let http: HTTPClient
    /// Who asks, for error messages.
    private let who: String
    /// The lifetime in seconds if the reply omits it.
    private let defaultLifetime: Double?

    init(_ http: HTTPClient, who: String, defaultLifetime: Double? = nil) {
      self.http = http
      self.who = who
      self.defaultLifetime = defaultLifetime
    }

    // The names of the protocol.
    // swift-format-ignore: AlwaysUseLowerCamelCase
    private struct Reply: Decodable {
      var access_token: String?
      var expires_in: Double?
      var error: String?
      /// The reply to an impersonation has these in place of the first two.
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
        // Do not pass the error on: it may hold the request with its secrets.
        if error is NIOSSLError || error is NIOSSLExtraError {
          throw failure(
            .failedPrecondition,
            """
            this machine does not trust the certificate of \(request.url). To trust your own \
            certificate authorities, put their certificates into a PEM file and name it in \
            SSL_CERT_FILE or certificateAuthorities
            """)
        }
        throw failure(
          .unavailable,
          isMetadata
            ? """
            there is no metadata server, and no other credentials were found. Set \
            GOOGLE_APPLICATION_CREDENTIALS, or run `gcloud auth application-default login`
            """ : "\(request.url) could not be reached or did not answer in time")
      }
      let reply = try? JSONDecoder().decode(Reply.self, from: Data(buffer: body))
      switch response.status.code {
      case 200: break
      case 429, 500...599:
        throw failure(.unavailable, "\(request.url) answered \(response.status.code)")
      default:
        // An OAuth error code, such as invalid_grant. Longer texts are left out: they may repeat
        // parts of the request.
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
      else { throw failure(.unavailable, "the reply of \(request.url) holds no token") }
      if isMetadata, response.headers.first(name: "Metadata-Flavor") != "Google" {
        throw failure(.permissionDenied, "\(request.url) is not Google's metadata server")
      }
      return AccessToken(secret: Secret(token), lifetime: .seconds(seconds))
    }

    private func failure(_ code: DatastoreError.Code, _ why: String) -> DatastoreError {
      DatastoreError(code, "The \(who) got no access token: \(why).")
    }
  }
#endif
