// SPDX-License-Identifier: Apache-2.0
#if Cloud
  internal import Arrival
  internal import DatastoreModel
  internal import DatastoreProtos
  internal import GRPCCore

  extension CloudFailure {
    /// The error that the backend throws.
    var datastoreError: DatastoreError {
      DatastoreError(datastoreCode, "\(sentence) \(advice)\(request)", cause: self)
    }

    /// What to log when the call is tried again.
    ///
    /// - Parameter remaining: the time until the call gives up.
    func retryNotice(for remaining: Duration) -> String {
      let seconds = Duration.seconds(max(remaining.components.seconds, 1))
      return "\(sentence) The \(method) call is tried again for up to \(durationText(seconds))."
    }

    /// The server's message as a sentence. Some servers send no full stop, and some no message.
    private var sentence: String {
      if let unreached {
        let reason = message.contains("Connection refused") ? ": nothing listens there" : ""
        return "No connection to \(unreached) could be made\(reason)."
      }
      if code == .unavailable, message.contains("before completing the HTTP/2 connection preface") {
        return "The server closed the connection before it spoke HTTP/2. It may want TLS."
      }
      var text = message[...]
      while let last = text.last, last == "." || last.isWhitespace { text.removeLast() }
      return text.isEmpty ? "The server failed with \(status) and gave no reason." : "\(text)."
    }

    /// The address to which grpc-swift could not connect. Its message speaks of its own states.
    private var unreached: Substring? {
      let words = "Could not establish a connection to "
      guard code == .unavailable, let start = message.firstRange(of: words)?.upperBound else {
        return nil
      }
      var address = message[start...].prefix { $0 != ";" }
      // After the sort of the address, such as "[ipv4]", which an address in brackets also is.
      if address.hasPrefix("[ipv") || address.hasPrefix("[dns") || address.hasPrefix("[unix") {
        address =
          address[address.index(after: address.firstIndex(of: "]") ?? address.startIndex)...]
      }
      while address.last == "." { address.removeLast() }
      return address.isEmpty ? nil : address
    }

    /// How long the server asked the client to wait, as a sentence that follows the advice.
    private var request: String {
      askedWait.map { " The server asked for a wait of \($0) before the next attempt." } ?? ""
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
      case .failedPrecondition: .failedPrecondition
      case .unimplemented: .unimplemented
      case .aborted: .aborted
      case .unavailable: .unavailable
      // A damaged reply to a commit loses the reply, not the data.
      case .dataLoss: isCommit ? .internal : .dataLoss
      default: .internal
      }
    }

    private var isCommit: Bool { method == ServiceMethod.commit.rawValue }

    /// What the user can do, as a sentence.
    private var advice: String {
      if reportsTooLarge {
        return "Ask for less in one request. (Batches are split automatically.)"
      }
      if reportsUntrustedCertificate {
        return """
          This machine does not trust the server's certificate for its host name, so nothing was \
          sent. Check the address. To trust your own certificate authorities, put their \
          certificates into a PEM file and name it in SSL_CERT_FILE or certificateAuthorities.
          """
      }
      if isCommit, wasSent, datastoreCode.leavesWritesInDoubt {
        return "The commit may or may not have been written. Read the entities before you retry."
      }
      return switch code {
      case .unavailable, .deadlineExceeded:
        """
        \(isCommit ? "Nothing was sent, so nothing was written. " : "")\
        Check that the address is right and the server is running, then try again.
        """
      case .resourceExhausted: "A quota or the server's capacity is exhausted. Try again later."
      case .aborted: "Another transaction changed the same data. Retry the whole transaction."
      case .unauthenticated: "Check that the credentials are valid and belong to this project."
      case .permissionDenied:
        "Grant the account the role Cloud Datastore User (roles/datastore.user) in this project."
      case .unimplemented: "The server does not support this call or one of its options."
      case .failedPrecondition: "Check the state of the database and its indexes."
      case .unknown, .internalError: "This is a fault of the server or of the network between."
      case .cancelled: "The server or a proxy cancelled the request."
      default: "The server refused the \(method) request."
      }
    }

    /// Whether the server refused a message because of its size.
    ///
    /// There is no single status for this. The Firestore emulator and grpcio answer
    /// RESOURCE_EXHAUSTED, the service answers INVALID_ARGUMENT, each with a different message.
    var reportsTooLarge: Bool {
      let text = message.lowercased()
      switch code {
      case .resourceExhausted, .invalidArgument: break
      // A reply that is larger than this client accepts.
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
      // The classic emulator accepts 25 in one commit, the service any number.
      ["too many entity groups"],
    ]

    /// Whether the server's certificate was refused. A retry does not help.
    var reportsUntrustedCertificate: Bool {
      code == .unavailable && !wasSent
        && ["CERTIFICATE_VERIFY_FAILED", "failedToValidateHostname"].contains {
          message.contains($0)
        }
    }

    /// Whether a request of `bytes` bytes was probably too large for the server.
    ///
    /// Not every server says so. The classic emulator and grpc-swift's server cancel the call, and
    /// grpc-swift's server also resets the stream while the client still sends. Both can have other
    /// reasons, so a request whose repetition is harmful is not split and sent again.
    func indicatesTooLarge(requestBytes bytes: Int, _ repetition: RetryPlan.Repetition) -> Bool {
      if reportsTooLarge { return true }
      guard bytes >= WireLimits.leastMessageBytes, repetition != .harmful else { return false }
      let isReset = code == .unavailable && message.contains("RST_STREAM frame (0x8: cancel)")
      return code == .cancelled || isReset
    }
  }
#endif
