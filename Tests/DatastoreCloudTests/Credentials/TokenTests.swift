// SPDX-License-Identifier: Apache-2.0
#if Cloud
  import Arrival
  import AsyncHTTPClient
  import ArrivalDatastore
  import Foundation
  import SwiftProtobuf
  import Testing

  import DatastoreProtos
  @testable import DatastoreCloud

  @Suite struct TokenTests {
    private let files: TemporaryFiles
    private static let secrets = ["s3cret-of-the-client", "refresh-me-please", "ya29.token"]

    init() throws { files = try TemporaryFiles() }

    private func userFile(_ url: String) throws -> String {
      try files.write(
        """
        {"type": "authorized_user", "client_id": "id", "client_secret": "\(Self.secrets[0])",
         "refresh_token": "\(Self.secrets[1])", "token_uri": "\(url)",
         "quota_project_id": "of-the-file"}
        """)
    }

    private func cache(_ server: TokenServer) throws -> TokenCache {
      let source = try Credentials.file(userFile(server.url)).tokenSource()
      return TokenCache(try #require(source))
    }

    private func soon(_ seconds: Double = 300) -> ContinuousClock.Instant {
      .now + .seconds(seconds)
    }

    @Test func `One request exchanges a user's refresh token for all waiting calls`()
      async throws
    {
      let gate = Promise<Void>()
      var answer = TokenServer.Answer.token(Self.secrets[2])
      answer.gate = gate.future
      let server = try TokenServer(answer)
      let cache = try cache(server)
      let waiters = (0..<50).map { index in
        Future("waiter \(index)") { try await cache.token(until: soon()).text }
      }
      gate.succeed(())
      for waiter in waiters { #expect(try await waiter.value == Self.secrets[2]) }
      #expect(server.requests.count == 1)
      #expect(server.requests[0].contains("grant_type=refresh_token"))
      #expect(server.requests[0].contains("refresh_token=\(Self.secrets[1])"))
    }

    @Test func `An expired token is requested again`() async throws {
      let server = try TokenServer(.token("first", seconds: 1e-6), .token("second"))
      let cache = try cache(server)
      _ = try await cache.token(until: soon())
      #expect(try await cache.token(until: soon()).text == "second")
      #expect(server.requests.count == 2)
    }

    /// Answers when its gate is open.
    private struct SlowSource: TokenSource {
      let gate: Future<Void>

      func fetch(_ http: HTTPClient) async throws -> AccessToken {
        try await gate.value
        return AccessToken(secret: Secret("late"), lifetime: .seconds(60))
      }
    }

    // Over no connection, which a busy machine may give up before the deadline is noticed.
    @Test
    func `A slow token does not delay a call beyond its deadline and serves the next call`()
      async throws
    {
      let gate = Promise<Void>()
      let cache = TokenCache(SlowSource(gate: gate.future))
      let error = try await #require(throws: DatastoreError.self) {
        _ = try await cache.token(until: soon(0.05))
      }
      #expect(error.code == .deadlineExceeded)
      gate.succeed(())
      #expect(try await cache.token(until: soon()).text == "late")
    }

    @Test func `A token request that never ends times out, and the next call asks again`()
      async throws
    {
      let gate = Promise<Void>()
      let cache = TokenCache(SlowSource(gate: gate.future), timeLimit: .milliseconds(1))
      for _ in 0..<2 {
        let error = try await #require(throws: DatastoreError.self) {
          _ = try await cache.token(until: soon())
        }
        #expect(error.code == .unavailable)
        #expect(error.message.contains("did not answer"))
      }
    }

    @Test func `A call survives a short outage of the token server`() async throws {
      let tokens = try TokenServer(.failure("503 Busy"), .failure("503 Busy"), .token("good"))
      let file = try userFile(tokens.url)
      let server = try await ScriptedServer(
        .init(lookup: { request, _ in
          .with { reply in
            reply.missing = request.keys.map { key in .with { $0.entity.key = key } }
          }
        }))
      let backend = try server.backend { $0.credentials = .file(file) }
      #expect(try await backend.lookup([Key("A", id: 1)]).found.isEmpty)
      #expect(tokens.requests.count == 3)
      #expect(server.header("authorization") == "Bearer good")
      #expect(server.header("x-goog-request-params") == "project_id=demo&database_id=")
      #expect(server.header("x-goog-user-project") == "of-the-file")
      try await backend.close()
    }

    @Test func `The environment's quota project takes precedence over the file's`()
      throws
    {
      let file = try userFile("http://127.0.0.1/token")
      func project(_ environment: [String: String]) throws -> String? {
        try Credentials.file(file).tokenSource(environment: environment)?.quotaProject
      }
      #expect(try project([:]) == "of-the-file")
      #expect(try project(["GOOGLE_CLOUD_QUOTA_PROJECT": ""]) == "of-the-file")
      #expect(try project(["GOOGLE_CLOUD_QUOTA_PROJECT": "of-the-variable"]) == "of-the-variable")
    }

    @Test func `A token is never sent unencrypted over a network`() throws {
      var configuration = CloudBackend.Configuration(project: "p")
      configuration.endpoint = Endpoint(host: "emulator.example", port: 8081, isPlaintext: true)
      let error = try #require(throws: DatastoreError.self) { try CloudBackend(configuration) }
      #expect(error.code == .invalidArgument)
      #expect(error.message.contains("unencrypted"))
    }

    @Test(arguments: [
      ("400 Bad Request", #"{"error":"invalid_grant","error_description":"refresh-me-please"}"#),
      ("401 Unauthorized", "refresh-me-please"), ("500 Broken", "s3cret-of-the-client"),
      ("200 OK", "refresh-me-please, but no JSON"), ("200 OK", #"{"access_token":"ya29.token"}"#),
      ("200 OK", #"{"access_token":"ya29.token\n","expires_in":3600}"#),
      ("200 OK", #"{"access_token":"ya29.token","expires_in":-1}"#),
    ])
    func `An invalid token reply is an error that gives the reason and no secret`(
      _ status: String, _ body: String
    ) async throws {
      let server = try TokenServer(.failure(status, body))
      let cache = try cache(server)
      let future = Future("asking") { try await cache.token(until: soon()) }
      await future.wait()
      let error = try #require(await future.getException() as? DatastoreError)
      #expect([.permissionDenied, .unavailable].contains(error.code))
      #expect(error.message.contains(server.url))
      var texts = ["\(error)", String(reflecting: error), "\(future)", "\(cache)"]
      // The first of the process reads all of its symbols.
      let traceback = await future.getTraceback()
      texts.append(try await onThread { traceback?.format() ?? "" })
      var dumped = ""
      dump(error, to: &dumped)
      dump(cache, to: &dumped)
      texts.append(dumped)
      for text in texts {
        for secret in Self.secrets { #expect(!text.contains(secret), "\(secret) is in \(text)") }
      }
    }

    @Test func `After a failed token request the next call asks again`() async throws {
      let server = try TokenServer(.failure("503 Busy"), .token("good"))
      let cache = try cache(server)
      await #expect(throws: DatastoreError.self) { _ = try await cache.token(until: soon()) }
      #expect(try await cache.token(until: soon()).text == "good")
    }

    @Test func `A service account signs its token request`() async throws {
      let made = try await onThread { [files] in files.privateKey() }
      guard let pem = made else { return }
      let server = try TokenServer(.token("good"))
      let key = pem.replacing("\n", with: #"\n"#)
      let path = try files.write(
        """
        {"type": "service_account", "client_email": "me@p.iam", "private_key_id": "k1",
         "private_key": "\(key)", "token_uri": "\(server.url)"}
        """)
      let source = try Credentials.applicationDefault.tokenSource(
        environment: ["GOOGLE_APPLICATION_CREDENTIALS": path])
      let cache = TokenCache(try #require(source))
      #expect(try await cache.token(until: soon()).text == "good")
      let body = try #require(server.requests.first?.components(separatedBy: "\r\n\r\n").last)
      #expect(body.contains("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer"))
      let assertion = try #require(body.components(separatedBy: "assertion=").last)
      let parts = assertion.split(separator: ".").map { part -> String in
        var text = String(part).replacing("-", with: "+").replacing("_", with: "/")
        while text.count % 4 != 0 { text += "=" }
        return Data(base64Encoded: text).map { String(decoding: $0, as: UTF8.self) } ?? ""
      }
      #expect(parts.count == 3)
      #expect(parts[0].contains(#""kid":"k1""#))
      #expect(parts[0].contains(#""alg":"RS256""#))
      #expect(parts[1].contains("me@p.iam"))
      #expect(parts[1].contains("auth") && parts[1].contains("datastore"))
      #expect(!String(describing: source as Any).contains("PRIVATE KEY"))
    }

    @Test func `Credentials are searched in the order of Google's libraries`() async throws {
      let server = try TokenServer(.token("of-the-variable"))
      let named = try userFile(server.url)
      let other = try TokenServer(.token("of-the-login"))
      _ = try files.write(
        """
        {"type": "authorized_user", "client_id": "id", "client_secret": "s",
         "refresh_token": "r", "token_uri": "\(other.url)"}
        """, to: "application_default_credentials.json")
      var metadata = TokenServer.Answer.token("of-the-machine")
      metadata.headers["Metadata-Flavor"] = "Google"
      let machine = try TokenServer(metadata)
      var environment = [
        "GOOGLE_APPLICATION_CREDENTIALS": named, "CLOUDSDK_CONFIG": files.folder.path,
        "GCE_METADATA_HOST": "127.0.0.1:\(machine.port)",
      ]
      func token() async throws -> String {
        let source = try Credentials.applicationDefault.tokenSource(environment: environment)
        return try await #require(source).fetch(.shared).secret.text
      }
      #expect(try await token() == "of-the-variable")
      environment["GOOGLE_APPLICATION_CREDENTIALS"] = nil
      #expect(try await token() == "of-the-login")
      environment["CLOUDSDK_CONFIG"] = "/nowhere"
      #expect(try await token() == "of-the-machine")
      #expect(machine.requests[0].lowercased().contains("metadata-flavor: google"))
    }

    @Test func `A reply without the Metadata-Flavor header is not trusted`() async throws {
      let server = try TokenServer(.token("ya29.token"))
      let source = MetadataServer(environment: ["GCE_METADATA_HOST": "127.0.0.1:\(server.port)"])
      let error = try await #require(throws: DatastoreError.self) {
        _ = try await source.fetch(.shared)
      }
      #expect(error.code == .permissionDenied)
    }

    @Test
    func `A credentials file that others may read causes a warning with advice`()
      throws
    {
      var warnings: [String] = []
      let text =
        #"{"type":"authorized_user","client_id":"i","client_secret":"s","refresh_token":"r"}"#
      _ = try CredentialsFile(path: files.write(text, to: "mine")) { warnings.append($0) }
      #expect(warnings.isEmpty)
      let path = try files.write(text, to: "open", mode: 0o644)
      _ = try CredentialsFile(path: path) { warnings.append($0) }
      #expect(warnings.count == 1)
      #expect(warnings[0].contains("chmod 600 \(path)"))
      #expect(warnings[0].contains("644"))
    }

    @Test(arguments: [
      "s3cret-of-the-client", #"{"type":"external_account","audience":"s3cret-of-the-client"}"#,
      #"{"type":"impersonated_service_account","refresh_token":"s3cret-of-the-client"}"#,
      #"{"type":"gdch_service_account","private_key":"s3cret-of-the-client"}"#,
      #"{"type":"service_account","private_key":"s3cret-of-the-client"}"#,
      #"{"type":"service_account","client_email":"a","private_key":"s3cret-of-the-client"}"#,
      #"{"type":"authorized_user","client_secret":"s3cret-of-the-client"}"#,
    ])
    func
      `A file that is none of credentials is refused with its path, and nothing of what is in it`(
        _ text: String
      ) throws
    {
      let path = try files.write(text)
      let error = try #require(throws: DatastoreError.self) {
        try Credentials.file(path).tokenSource()
      }
      #expect(error.code == .invalidArgument)
      #expect(!"\(error)".contains("s3cret"))
      let missing = try #require(throws: DatastoreError.self) {
        try Credentials.file(path + "-not").tokenSource()
      }
      #expect(missing.code == .permissionDenied)
      #expect(missing.message.contains(path + "-not"))
    }

    @Test(arguments: [
      "http://oauth2.example.com/token", "http://127.0.0.1.example.com/", "ftp://127.0.0.1/",
      "http://localhost.example.com/", "oauth2.googleapis.com/token", "http://127.0.0.x/", "",
      "HTTP://[::2]/",
    ])
    func `A URL to which a secret would go in clear text is refused`(_ url: String) throws {
      let user = """
        "client_id": "i", "client_secret": "s", "refresh_token": "secret-token"
        """
      let account = """
        {"type": "authorized_user", \(user)}
        """
      let federated = """
        "type": "external_account", "audience": "a", "subject_token_type": "t",
        "credential_source": {"file": "f"}
        """
      let good = "https://example.com/token"
      let texts = [
        """
        {"type": "service_account", "client_email": "e", "private_key": "k", "token_uri": "\(url)"}
        """,
        #"{"type": "authorized_user", \#(user), "token_uri": "\#(url)"}"#,
        #"{\#(federated), "token_url": "\#(url)"}"#,
        """
        {\(federated), "token_url": "\(good)", "service_account_impersonation_url": "\(url)"}
        """,
        """
        {"type": "impersonated_service_account", "source_credentials": \(account),
         "service_account_impersonation_url": "\(url)"}
        """,
      ]
      for text in texts {
        let error = #expect(throws: DatastoreError.self) {
          try CredentialsFile(Data(text.utf8), path: "credentials.json")
        }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("credentials.json") == true)
        #expect(error?.message.contains("secret-token") == false)
      }
    }

    @Test(arguments: [
      "https://example.com/t", "http://127.0.0.1:9/t", "http://localhost/t", "http://[::1]:9/t",
      "http://127.9.8.7/t",
    ])
    func `URLs with https and URLs of this machine are accepted`(_ url: String) throws {
      let text = """
        {"type": "authorized_user", "client_id": "i", "client_secret": "s", "refresh_token": "r",
         "token_uri": "\(url)"}
        """
      _ = try CredentialsFile(Data(text.utf8), path: "credentials.json")
    }
  }
#endif
