#if Cloud
  internal import GRPCCore
  internal import GRPCProtobuf

  /// What the server or the connection to it said when a call failed: the cause of a
  /// `DatastoreError` of a ``CloudBackend``.
  public struct CloudFailure: Error, Sendable, Hashable {
    /// The call, such as `Lookup`.
    public var method: String
    /// The name of the gRPC status, such as `UNAVAILABLE`.
    public var status: String
    /// The number of the gRPC status, 1 to 16.
    public var statusNumber: Int
    /// The message as it came.
    public var message: String
    /// Details the server attached, one line each.
    public var details: [String]
    /// Whether the request may have left for the server; if not, nothing of it was done.
    public var wasSent: Bool
    /// How long the server asked to be left alone; `nil` if it did not, or for no time at all.
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

    /// The status a call ended with. What metadata came along is left out, for a proxy may echo
    /// the request's there, token and all.
    init(_ error: RPCError, _ method: ServiceMethod, wasSent: Bool) {
      self.method = method.rawValue
      self.wasSent = wasSent
      statusNumber = error.code.rawValue
      status = Self.names.indices.contains(statusNumber) ? Self.names[statusNumber] : "UNKNOWN"
      message = error.message
      // Which socket call failed, and how, is told by the innermost cause alone.
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
