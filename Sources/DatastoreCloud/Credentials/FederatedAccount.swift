#if Cloud
  internal import AsyncHTTPClient
  internal import Datastore
  internal import Foundation
  internal import NIOCore
  internal import NIOFoundationCompat
  internal import NIOHTTP1

  /// Asks with a proof that somebody else has given: a token that lies in a file, as Kubernetes and CI
  /// services put it there (workload identity federation).
  struct FederatedAccount: TokenSource {
    /// Where the proof lies, and in which form.
    struct Proof: Sendable {
      var path: String
      /// The file's field that has the token; `nil` if the file is the token.
      var field: String?
      var type: String
    }

    let audience: String
    let proof: Proof
    let tokenURL: String
    /// What the token is to be good for.
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

    /// Read each time, for whoever put it there renews it.
    private func read() throws -> Secret {
      func unusable(_ why: String) -> DatastoreError {
        DatastoreError(
          .permissionDenied,
          "There is no token for the federated account: the file \(proof.path) \(why).")
      }
      guard let data = try? Data(contentsOf: URL(fileURLWithPath: proof.path)) else {
        throw unusable("that its credentials name cannot be read")
      }
      guard let field = proof.field else {
        let text = String(decoding: data, as: UTF8.self)
          .trimmingCharacters(in: .whitespacesAndNewlines)
        if text.isEmpty { throw unusable("is empty") }
        return Secret(text)
      }
      let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
      guard let token = object?[field] as? String, !token.isEmpty else {
        throw unusable("has no text in the field \"\(field)\"")
      }
      return Secret(token)
    }
  }

  /// Acts as a service account, with the right to do so that another account proves.
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
