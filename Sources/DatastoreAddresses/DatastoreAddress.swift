public import ArrivalDatastore

/// Where a datastore is, in one text, such as a command line or a variable gives it.
///
/// - `sqlite:PATH`, or a path without a colon: a file on this machine; needs the trait "SQLite".
/// - `datastore:PROJECT` or `datastore:PROJECT/DATABASE`: Google Cloud Datastore, or what
///   `DATASTORE_EMULATOR_HOST` names; needs the trait "Cloud". Without a project, `datastore:`
///   takes that of `DATASTORE_PROJECT_ID` or `GOOGLE_CLOUD_PROJECT`.
public enum DatastoreAddress: Sendable, Hashable {
  /// A file of SQLite's.
  case sqlite(path: String)
  /// A database of a project; `nil` for the project that the environment names.
  case cloud(project: String?, database: String)

  /// Reads an address.
  ///
  /// - Throws: `DatastoreError` with `invalidArgument` that says which forms there are.
  public init(_ text: String) throws(DatastoreError) {
    guard let colon = text.firstIndex(of: ":"), !text[..<colon].contains("/") else {
      guard !text.isEmpty else { throw Self.unreadable(text, "It is empty.") }
      self = .sqlite(path: text)
      return
    }
    let rest = String(text[text.index(after: colon)...])
    switch text[..<colon] {
    case "sqlite":
      guard !rest.isEmpty else { throw Self.unreadable(text, "It names no file.") }
      self = .sqlite(path: rest)
    case "datastore":
      let parts = rest.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
      guard parts.count <= 2, parts.count == 1 || !parts[0].isEmpty && !parts[1].isEmpty else {
        throw Self.unreadable(text, "Behind \"datastore:\" comes PROJECT or PROJECT/DATABASE.")
      }
      self = .cloud(
        project: parts[0].isEmpty ? nil : parts[0], database: parts.count == 2 ? parts[1] : "")
    default:
      throw Self.unreadable(text, "There is no backend \"\(text[..<colon])\".")
    }
  }

  private static func unreadable(_ text: String, _ why: String) -> DatastoreError {
    DatastoreError(
      .invalidArgument,
      """
      "\(text)" is no address of a datastore. \(why) Write sqlite:PATH, datastore:PROJECT or \
      datastore:PROJECT/DATABASE.
      """)
  }
}

extension DatastoreAddress: CustomStringConvertible {
  /// The address as it is written.
  public var description: String {
    switch self {
    case .sqlite(let path): "sqlite:\(path)"
    case .cloud(let project, let database):
      "datastore:\(project ?? "")\(database.isEmpty ? "" : "/\(database)")"
    }
  }
}
