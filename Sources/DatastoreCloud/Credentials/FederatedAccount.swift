// SPDX-License-Identifier: Apache-2.0
#if Cloud
  internal import AsyncHTTPClient
  internal import DatastoreModel
  internal import Foundation
  internal import NIOCore
  internal import NIOFoundationCompat
  internal import NIOHTTP1

  /// Workload identity federation: exchanges a token in a file, which Kubernetes or a CI service
  /// writes, for an access token.
  struct FederatedAccount: TokenSource {
    /// The token to exchange: its file and its format.
    struct Proof: Sendable {
      var path: String
      /// The field of the JSON file that holds the token; `nil` if the whole file is the token.
      var field: String?
      var type: String
    }

    let audience: String
    let proof: Proof
    let tokenURL: String
    /// The OAuth scope of the access token.
    var scope = datastoreScope

    func fetch(_ http: HTTPClient) async throws -> AccessToken {
      try await TokenRequest(http, who: "federated account", defaultLifetime: 3_600).post(
        tokenURL,
        form: [
          ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
          ("audience", audience), ("scope", scope),
          ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
          ("subject_token_type", proof.type), ("subject_token", try read().text),
        ])
    }

    /// Reads the file each time, because its writer renews it.
    private func read() throws -> Secret {
      func unusable(_ why: String) -> DatastoreError {
        DatastoreError(
          .permissionDenied,
          "The federated account got no access token: the file \(proof.path) \(why).")
      }
      guard let data = try? Data(contentsOf: URL(fileURLWithPath: proof.path)) else {
        throw unusable("named in its credentials cannot be read")
      }
      guard let field = proof.field else {
        let text = String(decoding: data, as: UTF8.self)
          .trimmingCharacters(in: .whitespacesAndNewlines)
        if text.isEmpty { throw unusable("is empty") }
        return Secret(text)
      }
      let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
      guard let token = object?[field] as? String, !token.isEmpty else {
        throw unusable("has no text in its field \"\(field)\"")
      }
      return Secret(token)
    }
  }

  /// Impersonates a service account, with the permission of another account.
  struct ImpersonatedAccount: TokenSource {
    let source: any TokenSource
    let url: String
    var delegates: [String] = []
    var lifetime = 3_600

    private struct Question: Encodable {
      var scope: [String]
      var lifetime: String
      var delegates: [String]
    }

    func fetch(_ http: HTTPClient) async throws -> AccessToken {
      let token = try await source.fetch(http)
      var request = HTTPClientRequest(url: url)
      request.method = .POST
      request.headers.add(name: "Content-Type", value: "application/json")
      request.headers.add(name: "Authorization", value: "Bearer \(token.secret.text)")
      let question = Question(
        scope: [datastoreScope], lifetime: "\(lifetime)s", delegates: delegates)
      request.body = .bytes(ByteBuffer(data: try JSONEncoder().encode(question)))
      return try await TokenRequest(http, who: "impersonated service account")
        .send(request, isMetadata: false)
    }
  }
#endif
