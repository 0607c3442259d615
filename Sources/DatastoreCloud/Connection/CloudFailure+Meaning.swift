#if Cloud
  internal import Datastore
  internal import GRPCCore

  extension CloudFailure {
    /// The error that programs see.
    var datastoreError: DatastoreError {
      DatastoreError(datastoreCode, "\(sentence) \(advice)\(request)", cause: self)
    }

    /// The server's message as a sentence, for not every server ends one, or has one.
    private var sentence: String {
      var text = message[...]
      while let last = text.last, last == "." || last.isWhitespace { text.removeLast() }
      return text.isEmpty ? "The server failed with \(status) and said nothing more." : "\(text)."
    }

    /// What the server asked for, as a sentence that follows the advice.
    private var request: String {
      askedWait.map { " The server asked for \($0) before another try." } ?? ""
    }

    private var datastoreCode: DatastoreError.Code {
      if reportsTooLarge { return .tooLarge }
      if reportsUntrustedCertificate { return .failedPrecondition }
      return switch code {
      case .cancelled: .cancelled
      case .invalidArgument, .outOfRange: .invalidArgument
      case .deadlineExceeded: .deadlineExceeded
      case .notFound: .notFound
      case .alreadyExists: .alreadyExists
      case .permissionDenied, .unauthenticated: .permissionDenied
      case .resourceExhausted: .resourceExhausted
      case .failedPrecondition, .unimplemented: .failedPrecondition
      case .aborted: .aborted
      case .unavailable: .unavailable
      // The reply to a commit is lost, and not what it wrote.
      case .dataLoss: isCommit ? .internal : .dataLoss
      default: .internal
      }
    }

    private var isCommit: Bool { method == ServiceMethod.commit.rawValue }

    /// What to do, in a sentence.
    private var advice: String {
      if reportsTooLarge { return "Ask for less at once; a batch is halved by itself." }
      if reportsUntrustedCertificate {
        return """
          The server's certificate is not trusted here for its name, and nothing was sent. See whether \
          the address is right; authorities of your own go into a file of certificates in PEM that \
          SSL_CERT_FILE or certificateAuthorities names.
          """
      }
      if isCommit, wasSent, datastoreCode.leavesWritesInDoubt {
        return "Whether the commit was written is not known: look before trying again."
      }
      return switch code {
      case .unavailable, .deadlineExceeded:
        """
        \(isCommit ? "Nothing was written, for nothing was sent. " : "")\
        Try again later; see whether the address is right and the server runs.
        """
      case .resourceExhausted: "A quota or the server's capacity is used up. Try again later."
      case .aborted: "Another transaction was faster. Try the whole transaction again."
      case .unauthenticated: "See that the credentials are valid and meant for this project."
      case .permissionDenied: "Give the account the role of a Datastore user in this project."
      case .unimplemented: "The server does not know this call, or not in this form."
      case .failedPrecondition: "See what the database or its indexes lack."
      case .unknown, .internalError: "This is a fault of the server or of the way to it."
      case .cancelled: "The server, or something on the way to it, called the request off."
      default: "The server refused the \(method) request."
      }
    }

    /// Whether the size of a message was refused, in one of the ways that there are: by the Firestore
    /// emulator and grpcio with RESOURCE_EXHAUSTED, by the service with INVALID_ARGUMENT, and each in
    /// other words.
    var reportsTooLarge: Bool {
      let text = message.lowercased()
      switch code {
      case .resourceExhausted, .invalidArgument: break
      // A reply that is larger than this side takes.
      case .internalError where text.hasPrefix("failed to decode message"): break
      default: return false
      }
      return Self.phrases.contains { $0.allSatisfy(text.contains) }
    }

    private static let phrases = [
      ["message", "larger than"], ["message", "exceeds max"], ["message", "too large"],
      ["message has exceeded", "maximum"], ["message size", "limit"],
      ["request", "too large"], ["request", "too big"], ["payload size", "exceeds"],
      ["maximum", "request size"], ["transaction", "too big"], ["transaction is too large"],
      ["cannot write more than"], ["too many", "mutations"],
      // The classic emulator takes 25 in one commit, the service any number.
      ["too many entity groups"],
    ]

    /// Whether the server could not prove who it is. That does not pass by itself.
    var reportsUntrustedCertificate: Bool {
      code == .unavailable && !wasSent
        && ["CERTIFICATE_VERIFY_FAILED", "failedToValidateHostname"].contains {
          message.contains($0)
        }
    }

    /// Whether a request with so many bytes was too large for the server, which may not say so: the classic
    /// emulator and grpc-swift's server call it off, and the latter resets the stream where the client is
    /// still sending. Since that may be something else, what would do harm is not sent again in halves.
    func indicatesTooLarge(requestBytes bytes: Int, _ repetition: RetryPlan.Repetition) -> Bool {
      if reportsTooLarge { return true }
      guard bytes >= WireLimits.leastMessageBytes, repetition != .harmful else { return false }
      let isReset = code == .unavailable && message.contains("RST_STREAM frame (0x8: cancel)")
      return code == .cancelled || isReset
    }
  }

  /// Sizes of messages, in bytes.
  enum WireLimits {
    /// What every server takes: the default of gRPC's libraries, and that of both emulators.
    static let leastMessageBytes = 4 * 1_024 * 1_024
    /// What the service takes.
    static let serviceRequestBytes = 10 * 1_024 * 1_024
    /// What is taken from a server. A reply of more is refused, and a lookup asks for less then.
    static let replyBytes = 32 * 1_024 * 1_024
  }
#endif
