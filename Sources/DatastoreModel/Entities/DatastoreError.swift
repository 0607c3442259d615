/// What went wrong in the datastore: a stable code, a sentence that says what to do, and where.
///
/// Programs decide by ``code``; people read ``message``. The text may become clearer in any
/// release.
///
/// ```swift
/// do {
///   try await datastore.put(entity).value
/// } catch let error as DatastoreError where error.code.leavesWritesInDoubt {
///   // Nobody knows whether it was written: look, then try again.
/// }
/// ```
public struct DatastoreError: Error, Sendable {
  /// The kind of failure, for programs to decide by.
  public var code: Code
  /// What happened, what the limit or the rule is, and what to do.
  public var message: String
  /// The key of the entity concerned, where one entity is to blame.
  public var key: Key?
  /// The property concerned; a nested one as a path, such as `address.lines[3]`.
  public var property: String?
  /// The error below this one, such as the database engine's.
  public var cause: (any Error)?

  /// Makes an error.
  ///
  /// - Parameters:
  ///   - code: The kind of failure.
  ///   - message: What happened and what to do, in whole sentences.
  ///   - key: The key of the entity to blame.
  ///   - property: The path of the property to blame.
  ///   - cause: The error below this one.
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
}

extension DatastoreError {
  /// The kind of a failure: an open set, so that a new one breaks no program that switches over it.
  public struct Code: Sendable, Hashable, Codable {
    /// The code's name as it stands in messages and logs, such as `invalidArgument`.
    public let rawValue: String

    /// Makes a code of a backend's own.
    public init(_ rawValue: String) { self.rawValue = rawValue }

    /// A key, a value or a request breaks a rule or a limit. Trying again is no use: change it.
    public static let invalidArgument = Code("invalidArgument")
    /// An update found no entity to change.
    public static let notFound = Code("notFound")
    /// An insert found an entity of this key.
    public static let alreadyExists = Code("alreadyExists")
    /// A request, or what it would bring back, is larger than the backend takes at once. Batches of
    /// several calls are halved until they fit; for a single one, ask for less.
    public static let tooLarge = Code("tooLarge")
    /// Another transaction was faster. Nothing was written; try the whole transaction again.
    public static let aborted = Code("aborted")
    /// The backend cannot be reached or is busy just now. Try again later.
    public static let unavailable = Code("unavailable")
    /// Something has run out: room on the disk, memory, a quota.
    public static let resourceExhausted = Code("resourceExhausted")
    /// What is stored is damaged or cannot be read as what it should be.
    public static let dataLoss = Code("dataLoss")
    /// The store is not in the state the request needs: closed, of a newer version, not a database.
    public static let failedPrecondition = Code("failedPrecondition")
    /// The reply did not come in time; whether the work was done is not known.
    public static let deadlineExceeded = Code("deadlineExceeded")
    /// The caller may not do this.
    public static let permissionDenied = Code("permissionDenied")
    /// The work was called off before it was done.
    public static let cancelled = Code("cancelled")
    /// An entity cannot be read as the Swift type asked for.
    public static let decodingFailed = Code("decodingFailed")
    /// A fault in this library or in a backend.
    public static let `internal` = Code("internal")
  }
}

extension DatastoreError.Code {
  /// Whether a write that failed with it may have been done all the same: `unavailable`,
  /// `deadlineExceeded`, `cancelled` and `internal`. With any other code nothing was written.
  ///
  /// A backend that knows that nothing was sent says so in the message.
  public var leavesWritesInDoubt: Bool {
    [.unavailable, .deadlineExceeded, .cancelled, .internal].contains(self)
  }
}

extension DatastoreError.Code: CustomStringConvertible {
  /// The code's name.
  public var description: String { rawValue }
}

extension DatastoreError: CustomStringConvertible {
  /// One line: code, key, property, message, and the cause in brackets.
  public var description: String {
    var text = "\(code): "
    switch (key, property) {
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
