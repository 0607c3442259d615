// SPDX-License-Identifier: Apache-2.0
/// An error of the datastore: a stable code, the entity and property concerned, and what to do.
///
/// Programs decide by ``code``. People read ``message``, whose text may change in any release.
///
/// ```swift
/// do {
///   try await datastore.put(entity).value
/// } catch let error as DatastoreError where error.code.leavesWritesInDoubt {
///   // It may have been written. Read the entity, then decide.
/// }
/// ```
public struct DatastoreError: Error, Sendable {
  /// The kind of failure, for programs to decide by.
  public var code: Code
  /// What happened, the limit or rule, and what to do.
  public var message: String
  /// The key of the entity concerned, if there is one.
  public var key: Key?
  /// The property concerned. A nested property is a path such as `address.lines[3]`.
  public var property: String?
  /// The underlying error, such as that of the database engine.
  public var cause: (any Error)?
  /// Whether the call came after `close()`. Then the code is `failedPrecondition`.
  public private(set) var isOfClosedDatastore = false

  /// Makes an error.
  ///
  /// - Parameters:
  ///   - code: The kind of failure.
  ///   - message: What happened and what to do, in full sentences.
  ///   - key: The key of the entity concerned.
  ///   - property: The path of the property concerned.
  ///   - cause: The underlying error.
  public init(
    _ code: Code, _ message: String, key: Key? = nil, property: String? = nil,
    cause: (any Error)? = nil
  ) {
    self.code = code
    self.message = message
    self.key = key
    self.property = property
    self.cause = cause
  }

  /// The error of a call that came after `close()`, for backends. A server answers 503 to it.
  ///
  /// - Parameter message: Which datastore is closed, and what to do, in full sentences.
  public static func closed(_ message: String) -> DatastoreError {
    var error = DatastoreError(.failedPrecondition, message)
    error.isOfClosedDatastore = true
    return error
  }
}

extension DatastoreError {
  /// The kind of a failure. The set is open, so a new code breaks no `switch`.
  public struct Code: Sendable, Hashable, Codable {
    /// The code's name as in messages and logs, such as `invalidArgument`.
    public let rawValue: String

    /// Makes a code, for failures specific to a backend.
    public init(_ rawValue: String) { self.rawValue = rawValue }

    /// A key, a value or a request breaks a rule or a limit. Change it; retrying does not help.
    public static let invalidArgument = Code("invalidArgument")
    /// An update found no entity to change.
    public static let notFound = Code("notFound")
    /// An insert found an entity of this key.
    public static let alreadyExists = Code("alreadyExists")
    /// A request or its reply is larger than the backend accepts. Batches are halved until they
    /// fit. For a single call, request less.
    public static let tooLarge = Code("tooLarge")
    /// The transaction conflicted with another one. Nothing was written. Retry the whole
    /// transaction.
    public static let aborted = Code("aborted")
    /// The backend cannot be reached or is busy. Retry later.
    public static let unavailable = Code("unavailable")
    /// A resource has run out, such as disk space, memory or a quota.
    public static let resourceExhausted = Code("resourceExhausted")
    /// Stored data is damaged or has an unknown form.
    public static let dataLoss = Code("dataLoss")
    /// The store is not in the required state. For example, it is closed, has a newer version, or
    /// is not a database.
    public static let failedPrecondition = Code("failedPrecondition")
    /// The reply did not arrive in time. It is unknown whether the work was done.
    public static let deadlineExceeded = Code("deadlineExceeded")
    /// The caller lacks the permission.
    public static let permissionDenied = Code("permissionDenied")
    /// The work was cancelled before it was done.
    public static let cancelled = Code("cancelled")
    /// An entity cannot be decoded as the requested Swift type.
    public static let decodingFailed = Code("decodingFailed")
    /// The request asks for something that the backend does not have.
    public static let unimplemented = Code("unimplemented")
    /// A fault in this library or in a backend.
    public static let `internal` = Code("internal")
  }
}

extension DatastoreError.Code {
  /// Whether a write that failed with this code may nevertheless have taken effect.
  ///
  /// True for `unavailable`, `deadlineExceeded`, `cancelled` and `internal`. With any other code
  /// nothing was written.
  ///
  /// If the backend knows that nothing was sent, its message says so.
  public var leavesWritesInDoubt: Bool {
    [.unavailable, .deadlineExceeded, .cancelled, .internal].contains(self)
  }
}

extension DatastoreError.Code: CustomStringConvertible {
  /// The code's name.
  public var description: String { rawValue }
}

extension DatastoreError: CustomStringConvertible {
  /// The longest key and path in a description, in bytes. After longer ones, the message would be
  /// hard to find, and some servers could not send it.
  private static let maxShownBytes = 500

  /// One line: code, key, property, message, and the cause in brackets. Long names are cut.
  public var description: String {
    var text = "\(code): "
    let key = key.map { "\($0)".clipped(Self.maxShownBytes) }
    switch (key, property?.clipped(Self.maxShownBytes)) {
    case (let key?, let property?): text += "\(key), property \"\(property)\": "
    case (let key?, nil): text += "\(key): "
    case (nil, let property?): text += "property \"\(property)\": "
    case (nil, nil): break
    }
    text += message
    if let cause { text += " [cause: \(cause)]" }
    return text
  }
}
