// SPDX-License-Identifier: Apache-2.0
#if Hummingbird
  internal import Arrival
  internal import ArrivalDatastore
  public import HTTPTypes
  internal import Hummingbird
  internal import Logging

  /// The HTTP status of an error that a handler throws.
  ///
  /// | error | status |
  /// | --- | --- |
  /// | `notFound` | 404 |
  /// | `alreadyExists`, `aborted` | 409 |
  /// | `invalidArgument` | 400 |
  /// | `permissionDenied` | 403 |
  /// | `tooLarge` | 413 |
  /// | `resourceExhausted` | 429 |
  /// | `unavailable`, `failedPrecondition`, `cancelled` | 503 |
  /// | the errors `BatcherOverloaded` and `ExecutorShutDown` | 503 |
  /// | `deadlineExceeded`, `TimeoutError` | 504 |
  /// | `decodingFailed`, `dataLoss`, `internal` and other codes | 500 |
  ///
  /// The names are those of `DatastoreError.Code`. The error that retries ended with decides for
  /// `RetryError`. Other errors are left as they are.
  ///
  /// A client sees the message of an error below 500. The message of a server's error is logged,
  /// and the client sees the status alone.
  public enum HTTPStatusOfError {
    /// The status; `nil` for an error that is not in the table.
    public static func status(of error: any Error) -> HTTPResponse.Status? {
      switch error {
      case let error as DatastoreError: status(of: error.code)
      case is BatcherOverloaded, is ExecutorShutDown: .serviceUnavailable
      case is TimeoutError: .gatewayTimeout
      case let error as RetryError: status(of: error.lastError)
      default: nil
      }
    }

    private static func status(of code: DatastoreError.Code) -> HTTPResponse.Status {
      switch code {
      case .notFound: .notFound
      case .alreadyExists, .aborted: .conflict
      case .invalidArgument: .badRequest
      case .permissionDenied: .forbidden
      case .tooLarge: .contentTooLarge
      case .resourceExhausted: .tooManyRequests
      case .unavailable, .failedPrecondition, .cancelled: .serviceUnavailable
      case .deadlineExceeded: .gatewayTimeout
      default: .internalServerError
      }
    }

    /// The error to throw in its place, which makes Hummingbird send the status.
    static func httpError(of error: any Error, logger: Logger) -> any Error {
      guard let status = status(of: error) else { return error }
      if status.code >= 500 {
        logger.error("\(error)", metadata: ["error.type": "\(type(of: error))"])
      }
      let headers: HTTPFields =
        switch status {
        case .serviceUnavailable, .tooManyRequests: [.retryAfter: "1"]
        default: [:]
        }
      return HTTPError(status, headers: headers, message: message(of: error, status))
    }

    private static func message(of error: any Error, _ status: HTTPResponse.Status) -> String {
      guard status.code < 500, let error = error as? DatastoreError else {
        return status.reasonPhrase
      }
      // Without the cause, which may name what is none of a client's business.
      return error.message
    }
  }
#endif
