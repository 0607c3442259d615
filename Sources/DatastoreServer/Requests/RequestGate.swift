// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import DatastoreModel
  internal import GRPCCore

  /// What all requests pass, whatever protocol they come by: the token, and the log of failures.
  struct RequestGate: Sendable {
    /// The token that clients must send; `nil` for none.
    var token: String?
    /// Writes a line into the server's log.
    var log: @Sendable (String) -> Void
    /// The server's resets.
    var resets = Resets()

    /// Whether an `Authorization` header has the token.
    func admits(_ authorization: String?) -> Bool {
      guard let token else { return true }
      guard let authorization else { return false }
      let (scheme, rest) =
        authorization.utf8.count > 7
        ? (authorization.prefix(7), authorization.dropFirst(7)) : ("", authorization[...])
      return scheme.lowercased() == "bearer " && Self.equal(rest, token[...])
    }

    /// Compares in a time that does not tell how many bytes agree.
    private static func equal(_ left: Substring, _ right: Substring) -> Bool {
      let (left, right) = (Array(left.utf8), Array(right.utf8))
      guard left.count == right.count else { return false }
      return zip(left, right).reduce(0 as UInt8) { $0 | ($1.0 ^ $1.1) } == 0
    }

    static let refusal = ServerFailure(
      .unauthenticated, "The server needs its token. Send it as: Authorization: Bearer TOKEN.")

    /// Runs a request; logs what its client is not told.
    ///
    /// A reset closes backends, also that of a request which has just begun. The request then runs
    /// again.
    func answering<Reply>(
      _ method: String, authorization: String?, _ answer: () async throws -> Reply
    ) async throws(ServerFailure) -> Reply {
      guard admits(authorization) else { throw Self.refusal }
      let before = resets.count
      do {
        do {
          return try await answer()
        } catch let error as DatastoreError
          where error.isOfClosedDatastore && resets.wasAny(since: before)
        {
          return try await answer()
        }
      } catch {
        let failure = ServerFailure(error)
        if let logged = failure.logged { log("\(method): \(failure.code): \(logged)") }
        throw failure
      }
    }
  }
#endif
