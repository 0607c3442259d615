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
  /// | `invalidArgument` | 400 |
  /// | `permissionDenied` | 403 |
  /// | `notFound` | 404 |
  /// | `alreadyExists`, `aborted` | 409 |
  /// | `failedPrecondition` with a key: the entity has another version | 412 |
  /// | `tooLarge` | 413 |
  /// | `resourceExhausted` | 429 |
  /// | `unavailable`, `cancelled`; `failedPrecondition` of a closed datastore | 503 |
  /// | the errors `BatcherOverloaded`, `ExecutorShutDown` and `CancellationError` | 503 |
  /// | `deadlineExceeded`, `TimeoutError` | 504 |
  /// | other `failedPrecondition`, `decodingFailed`, `dataLoss`, `internal`, other codes | 500 |
  ///
  /// The names are those of `DatastoreError.Code`. The error that retries ended with decides for
  /// `RetryError`. Answers with 429 and 503 have the header `Retry-After: 1`. Other errors are left
  /// as they are. Hummingbird answers them with 500, unless they are `HTTPResponseError`s, and the
  /// log has their description as an error.
  ///
  /// A client sees the messages of `invalidArgument`, `notFound`, `alreadyExists` and `tooLarge`,
  /// which are about the request. Other messages may name files and addresses of the server: the
  /// client sees the reason phrase of the status, and the log has the message, as a warning below
  /// 500 and as an error from 500 on.
  public enum HTTPStatusOfError {
    /// The status; `nil` for an error that is not in the table.
    public static func status(of error: any Error) -> HTTPResponse.Status? {
      switch error {
      case let error as DatastoreError where error.code == .failedPrecondition:
        error.isOfClosedDatastore
          ? .serviceUnavailable : error.key != nil ? .preconditionFailed : .internalServerError
      case let error as DatastoreError: status(of: error.code)
      case is BatcherOverloaded, is ExecutorShutDown, is CancellationError: .serviceUnavailable
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
      case .unavailable, .cancelled: .serviceUnavailable
      case .deadlineExceeded: .gatewayTimeout
      default: .internalServerError
      }
    }

    /// The error to throw in its place, which makes Hummingbird send the status.
    static func httpError(of error: any Error, logger: Logger) -> any Error {
      guard let status = status(of: error) else {
        if !(error is any HTTPResponseError) { log(error, .error, logger) }
        return error
      }
      let message = messageForClients(of: error)
      if message == nil { log(error, status.code < 500 ? .warning : .error, logger) }
      let headers: HTTPFields =
        switch status {
        case .serviceUnavailable, .tooManyRequests: [.retryAfter: "1"]
        default: [:]
        }
      return HTTPError(status, headers: headers, message: message ?? status.reasonPhrase)
    }

    private static func log(_ error: any Error, _ level: Logger.Level, _ logger: Logger) {
      logger.log(
        level: level, "\(error)", metadata: ["error.type": "\(type(of: error))"])
    }

    /// The message, if it can only be about the request. Without the cause, which may name what is
    /// none of a client's business.
    private static func messageForClients(of error: any Error) -> String? {
      switch error {
      case let error as RetryError: messageForClients(of: error.lastError)
      case let error as DatastoreError:
        [.invalidArgument, .notFound, .alreadyExists, .tooLarge].contains(error.code)
          ? error.message : nil
      default: nil
      }
    }
  }
#endif
