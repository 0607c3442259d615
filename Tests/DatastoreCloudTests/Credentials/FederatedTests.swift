// SPDX-License-Identifier: Apache-2.0
#if Cloud
  import AsyncHTTPClient
  import ArrivalDatastore
  import Foundation
  import Testing

  @testable import DatastoreCloud

  /// Accounts that prove who they are with another's word.
  @Suite struct FederatedTests {
    private let files: TemporaryFiles

    init() throws { files = try TemporaryFiles() }

    private func file(
      _ server: TokenServer, source: String, impersonating url: String? = nil
    ) throws -> String {
      let impersonation = url.map { #","service_account_impersonation_url":"\#($0)""# } ?? ""
      return try files.write(
        """
        {"type": "external_account", "audience": "//iam.googleapis.com/pools/p",
         "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
         "token_url": "\(server.url)", "credential_source": \(source)\(impersonation)}
        """)
    }

    private func fetch(_ path: String) async throws -> AccessToken {
      let source = try Credentials.file(path).tokenSource()
      return try await #require(source).fetch(.shared)
    }

    private func fields(_ request: String) throws -> [String: String] {
      let body = try #require(request.components(separatedBy: "\r\n\r\n").last)
      let pairs = body.split(separator: "&").map { $0.split(separator: "=", maxSplits: 1) }
      return Dictionary(
        uniqueKeysWithValues: pairs.map { ("\($0[0])", "\($0[1])".removingPercentEncoding ?? "") })
    }

    @Test func `A token file is read again for each exchange`()
      async throws
    {
      let server = try TokenServer(.token("first"), .token("second"))
      let proof = try files.write("proof-1\n", to: "proof")
      let path = try file(server, source: #"{"file":"\#(proof)"}"#)
      let source = try #require(try Credentials.file(path).tokenSource())
      #expect(try await source.fetch(.shared).secret.text == "first")
      _ = try files.write("proof-2", to: "proof")
      #expect(try await source.fetch(.shared).secret.text == "second")
      let asked = try server.requests.map(fields)
      #expect(asked.map { $0["subject_token"] } == ["proof-1", "proof-2"])
      #expect(asked[0]["grant_type"] == "urn:ietf:params:oauth:grant-type:token-exchange")
      #expect(asked[0]["subject_token_type"] == "urn:ietf:params:oauth:token-type:jwt")
      #expect(asked[0]["audience"] == "//iam.googleapis.com/pools/p")
      #expect(asked[0]["scope"] == "https://www.googleapis.com/auth/datastore")
    }

    @Test
    func `A token in a JSON field is exchanged, also if the reply names no lifetime`()
      async throws
    {
      let server = try TokenServer(TokenServer.Answer(body: #"{"access_token":"good"}"#))
      let proof = try files.write(#"{"id":1,"jwt":"proof"}"#, to: "proof")
      let source = """
        {"file":"\(proof)","format":{"type":"json","subject_token_field_name":"jwt"}}
        """
      let token = try await fetch(file(server, source: source))
      #expect(token.secret.text == "good")
      #expect(token.lifetime == .seconds(3_600))
      #expect(try fields(server.requests[0])["subject_token"] == "proof")
    }

    @Test func `A federated account impersonates the service account that its file names`()
      async throws
    {
      let exchange = try TokenServer(.token("federated"))
      let time = Date(timeIntervalSinceNow: 1_800).ISO8601Format()
      let acting = try TokenServer(
        TokenServer.Answer(body: #"{"accessToken":"of-the-service","expireTime":"\#(time)"}"#))
      let proof = try files.write("proof", to: "proof")
      let path = try file(
        exchange, source: #"{"file":"\#(proof)"}"#, impersonating: acting.url)
      let token = try await fetch(path)
      #expect(token.secret.text == "of-the-service")
      #expect(token.lifetime > .seconds(600) && token.lifetime <= .seconds(1_801))
      let cloud = "https://www.googleapis.com/auth/cloud-platform"
      #expect(try fields(exchange.requests[0])["scope"] == cloud)
      let asked = acting.requests[0]
      #expect(asked.contains("Bearer federated"))
      #expect(
        asked.replacing("\\/", with: "/").contains("https://www.googleapis.com/auth/datastore"))
      #expect(asked.contains(#""lifetime":"3600s""#))
    }

    @Test func `A user impersonates the service account that the gcloud file names`() async throws {
      let login = try TokenServer(.token("of-the-user"))
      let time = Date(timeIntervalSinceNow: 1_800).ISO8601Format()
      let acting = try TokenServer(
        TokenServer.Answer(body: #"{"accessToken":"of-the-service","expireTime":"\#(time)"}"#))
      let path = try files.write(
        """
        {"type": "impersonated_service_account", "delegates": ["d"],
         "service_account_impersonation_url": "\(acting.url)",
         "source_credentials": {"type": "authorized_user", "client_id": "id",
           "client_secret": "s", "refresh_token": "r", "token_uri": "\(login.url)"}}
        """)
      #expect(try await fetch(path).secret.text == "of-the-service")
      #expect(acting.requests[0].contains("Bearer of-the-user"))
      #expect(acting.requests[0].contains(#""delegates":["d"]"#))
    }

    @Test
    func
      `A proof that is not there, and one that the exchange refuses, are errors without secrets`()
      async throws
    {
      let server = try TokenServer(
        .failure("400 Bad Request", #"{"error":"invalid_grant","error_description":"s3cret"}"#))
      let missing = try file(server, source: #"{"file":"/nowhere/token"}"#)
      let noFile = try await #require(throws: DatastoreError.self) { _ = try await fetch(missing) }
      #expect(noFile.code == .permissionDenied)
      #expect(noFile.message.contains("/nowhere/token"))
      let proof = try files.write("s3cret", to: "proof")
      let path = try file(server, source: #"{"file":"\#(proof)"}"#)
      let refused = try await #require(throws: DatastoreError.self) { _ = try await fetch(path) }
      #expect(refused.code == .permissionDenied)
      #expect(refused.message.contains("(invalid_grant)"))
      #expect(!"\(refused)".contains("s3cret"))
    }

    @Test(arguments: [
      #"{"url":"http://127.0.0.1/token"}"#, #"{"executable":{"command":"/bin/token"}}"#,
      #"{"environment_id":"aws1","region_url":"http://127.0.0.1"}"#,
    ])
    func `Federated tokens that are not in a file are refused with advice`(_ source: String) throws
    {
      let path = try file(TokenServer(.token("none")), source: source)
      let error = try #require(throws: DatastoreError.self) {
        try Credentials.file(path).tokenSource()
      }
      #expect(error.code == .invalidArgument)
      #expect(error.message.contains("--credential-source-file"))
    }
  }
#endif
