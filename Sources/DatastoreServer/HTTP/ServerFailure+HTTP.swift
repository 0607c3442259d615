// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import GRPCCore
  internal import NIOHTTP1

  extension ServerFailure {
    /// The status of HTTP that stands for the code.
    var status: HTTPResponseStatus {
      switch code {
      case .invalidArgument, .failedPrecondition, .outOfRange: .badRequest
      case .unauthenticated: .unauthorized
      case .permissionDenied: .forbidden
      case .notFound: .notFound
      case .aborted, .alreadyExists: .conflict
      case .resourceExhausted: .tooManyRequests
      case .cancelled: .custom(code: 499, reasonPhrase: "Client Closed Request")
      case .unimplemented: .notImplemented
      case .unavailable: .serviceUnavailable
      case .deadlineExceeded: .gatewayTimeout
      default: .internalServerError
      }
    }

    /// The code's name in Google's APIs.
    var codeName: String {
      switch code {
      case .invalidArgument: "INVALID_ARGUMENT"
      case .failedPrecondition: "FAILED_PRECONDITION"
      case .outOfRange: "OUT_OF_RANGE"
      case .unauthenticated: "UNAUTHENTICATED"
      case .permissionDenied: "PERMISSION_DENIED"
      case .notFound: "NOT_FOUND"
      case .aborted: "ABORTED"
      case .alreadyExists: "ALREADY_EXISTS"
      case .resourceExhausted: "RESOURCE_EXHAUSTED"
      case .cancelled: "CANCELLED"
      case .unimplemented: "UNIMPLEMENTED"
      case .unavailable: "UNAVAILABLE"
      case .deadlineExceeded: "DEADLINE_EXCEEDED"
      case .dataLoss: "DATA_LOSS"
      default: "INTERNAL"
      }
    }
  }
#endif
