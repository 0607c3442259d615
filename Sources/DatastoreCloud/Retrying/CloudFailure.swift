// SPDX-License-Identifier: Apache-2.0
#if Cloud
  internal import DatastoreProtos
  internal import GRPCCore
  internal import GRPCProtobuf

  /// The status with which a call to the server failed: the `cause` of a `DatastoreError` that a
  /// ``CloudBackend`` throws.
  public struct CloudFailure: Error, Sendable, Hashable {
    /// The call, such as `Lookup`.
    public var method: String
    /// The name of the gRPC status, such as `UNAVAILABLE`.
    public var status: String
    /// The number of the gRPC status, 1 to 16.
    public var statusNumber: Int
    /// The message, unchanged.
    public var message: String
    /// The details that the server attached, one line each.
    public var details: [String]
    /// Whether the request may have been sent. If `false`, the server did nothing.
    public var wasSent: Bool
    /// How long the server asked the client to wait before it retries; `nil` if it did not ask.
    var askedWait: Duration?
  }

  extension CloudFailure: CustomStringConvertible {
    /// One line: call, status, message and details.
    public var description: String {
      let details = details.isEmpty ? "" : " (\(details.joined(separator: "; ")))"
      return "\(method): \(status): \(message)\(details)"
    }
  }

  extension CloudFailure {
    private static let names = [
      "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
      "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
      "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS",
      "UNAUTHENTICATED",
    ]

    /// Creates a failure from the status of a call.
    ///
    /// The reply's metadata is left out: a proxy may echo the request's metadata there, including
    /// the token.
    init(_ error: RPCError, _ method: ServiceMethod, wasSent: Bool) {
      self.method = method.rawValue
      self.wasSent = wasSent
      statusNumber = error.code.rawValue
      status = Self.names.indices.contains(statusNumber) ? Self.names[statusNumber] : "UNKNOWN"
      message = error.message
      // Only the innermost cause says which socket call failed, and how.
      var cause = error.cause
      var seen = 0
      while let below = cause, seen < 5 {
        seen += 1
        if let rpc = below as? RPCError {
          message += "; \(rpc.message)"
          cause = rpc.cause
        } else {
          message += "; \(below)"
          cause = nil
        }
      }
      let status = try? error.unpackGoogleRPCStatus()
      details = status?.details.map { "\($0)" } ?? []
      let wait = status?.details.compactMap(\.retryInfo?.delay).max()
      askedWait = wait.flatMap { $0 > .zero ? $0 : nil }
    }

    var code: RPCError.Code {
      Status.Code(rawValue: statusNumber).flatMap(RPCError.Code.init) ?? .unknown
    }
  }
#endif
