#if Cloud
  internal import Datastore

  protocol TokenSource: Sendable {
    func fetch() async throws -> AccessToken
  }

  struct AccessToken: Sendable {
    var value: String
  }

  extension Credentials {
    func tokenSource() throws -> (any TokenSource)? { nil }
  }

  final class TokenCache: Sendable {
    init(_ source: any TokenSource) {}
    func drop() {}
    func token(until deadline: ContinuousClock.Instant) async throws -> String { "" }
  }
#endif
