// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import DatastoreModel
  internal import GRPCCore

  /// A failure as clients see it: a code of gRPC and a sentence.
  ///
  /// The sentence never comes from below the datastore's own rules, so it names no file and no
  /// secret. The full error is written to the server's log.
  struct ServerFailure: Error {
    var code: RPCError.Code
    var message: String
    /// The error for the server's log; `nil` if the client's message says it all.
    var logged: String?

    /// The longest sentence in bytes. Clients of gRPC refuse headers of over 8 KiB, in which a
    /// byte may take three.
    private static let maxMessageBytes = 2_000

    init(_ code: RPCError.Code, _ message: String, logged: String? = nil) {
      self.code = code
      self.message = message.clipped(Self.maxMessageBytes)
      self.logged = logged
    }

    /// The failure for any error that a request throws.
    init(_ error: any Error) {
      switch error {
      case let failure as ServerFailure: self = failure
      case let error as DatastoreError: self.init(error)
      case is CancellationError: self.init(.cancelled, "The request was cancelled.")
      default: self.init(.internalError, Self.fault, logged: String(describing: error))
      }
    }

    private init(_ error: DatastoreError) {
      let text = Self.text(of: error)
      switch error.code {
      case .invalidArgument: self.init(.invalidArgument, text)
      case .notFound: self.init(.notFound, text)
      case .alreadyExists: self.init(.alreadyExists, text)
      // A conflict, or a lock of another transaction. A failure of the storage has a cause.
      case .aborted where error.cause == nil: self.init(.aborted, text)
      case .aborted:
        self.init(
          .aborted,
          "The server's storage is locked. Nothing was written. Try the transaction again.",
          logged: text)
      case .tooLarge: self.init(.resourceExhausted, text)
      case .cancelled: self.init(.cancelled, "The request was cancelled.")
      case .deadlineExceeded:
        self.init(.deadlineExceeded, "The request took too long.", logged: text)
      case .unavailable:
        self.init(
          .unavailable, "The server's storage is busy or failed. Try again.", logged: text)
      case .resourceExhausted:
        self.init(
          .resourceExhausted,
          "The server's disk is full, or another resource has run out. Its log says which.",
          logged: text)
      // An entity that is not as a mutation demands, and not the storage.
      case .failedPrecondition where error.key != nil: self.init(.failedPrecondition, text)
      case .failedPrecondition:
        self.init(
          .failedPrecondition,
          "The server's storage is not in the required state. Its log says why.", logged: text)
      case .permissionDenied:
        self.init(
          .permissionDenied, "The server may not write its storage. Its log says why.",
          logged: text)
      case .unimplemented: self.init(.unimplemented, text)
      case .dataLoss:
        self.init(
          .dataLoss, "The stored data is damaged. The server's log says where.", logged: text)
      default: self.init(.internalError, Self.fault, logged: text)
      }
    }

    private static let fault = "The server failed. Its log has the details."

    /// The message with the key and the property concerned, without the cause.
    private static func text(of error: DatastoreError) -> String {
      var error = error
      error.cause = nil
      let text = error.description
      return String(text.dropFirst(error.code.rawValue.count + 2))
    }
  }
#endif
