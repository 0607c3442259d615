// SPDX-License-Identifier: Apache-2.0
public import ArrivalDatastore

/// The address of a datastore, as in an argument or an environment variable.
///
/// - `sqlite:PATH`, or a path without a colon: a file on this machine. Needs the trait "SQLite".
///   `?database=NAME` at its end names one of several databases in the file.
/// - `datastore:PROJECT` or `datastore:PROJECT/DATABASE`: Google Cloud Datastore, or the emulator
///   at `DATASTORE_EMULATOR_HOST`. Needs the trait "Cloud". `datastore:` takes the project from
///   `DATASTORE_PROJECT_ID` or `GOOGLE_CLOUD_PROJECT`.
/// - Either with `@HOST:PORT` at its end: the project on the emulator, or another server without
///   TLS, at this place. So one program can use the cloud and an emulator.
public enum DatastoreAddress: Sendable, Hashable {
  /// A database in a SQLite file. The default database has no name.
  case sqlite(path: String, database: String = "")
  /// A database of a project; `nil` is the project that the environment names. The emulator is a
  /// host and a port; `nil` for the service, or the emulator that the environment names.
  case cloud(project: String?, database: String, emulator: String? = nil)

  /// Reads an address.
  ///
  /// - Throws: `DatastoreError` with `invalidArgument` if the text has none of the forms above.
  public init(_ text: String) throws(DatastoreError) {
    guard let colon = text.firstIndex(of: ":"), !text[..<colon].contains("/") else {
      guard !text.isEmpty else { throw Self.unreadable(text, "It is empty.") }
      self = try Self.sqlite(text, text)
      return
    }
    let rest = String(text[text.index(after: colon)...])
    switch text[..<colon] {
    case "sqlite":
      self = try Self.sqlite(rest, text)
    case "datastore":
      let sign = rest.lastIndex(of: "@")
      let emulator = sign.map { String(rest[rest.index(after: $0)...]) }
      let parts = rest[..<(sign ?? rest.endIndex)]
        .split(separator: "/", omittingEmptySubsequences: false).map(String.init)
      guard parts.count <= 2, parts.count == 1 || !parts[0].isEmpty && !parts[1].isEmpty else {
        throw Self.unreadable(
          text, "The part after \"datastore:\" is neither PROJECT nor PROJECT/DATABASE.")
      }
      if let emulator, emulator.isEmpty || parts[0].isEmpty {
        throw Self.unreadable(text, "The form with a server is datastore:PROJECT@HOST:PORT.")
      }
      self = .cloud(
        project: parts[0].isEmpty ? nil : parts[0], database: parts.count == 2 ? parts[1] : "",
        emulator: emulator)
    default:
      throw Self.unreadable(text, "There is no backend \"\(text[..<colon])\".")
    }
  }

  private static func sqlite(
    _ place: String, _ text: String
  ) throws(DatastoreError) -> DatastoreAddress {
    // A path may have any character, so only the last such part is no part of it.
    let mark = place.ranges(of: databaseMark).last
    let path = String(place[..<(mark?.lowerBound ?? place.endIndex)])
    let database = mark.map { String(place[$0.upperBound...]) }
    if path.isEmpty { throw unreadable(text, "The path is missing.") }
    if database == "" { throw unreadable(text, "The name of the database is missing.") }
    return .sqlite(path: path, database: database ?? "")
  }

  private static let databaseMark = "?database="

  private static func unreadable(_ text: String, _ why: String) -> DatastoreError {
    DatastoreError(
      .invalidArgument,
      """
      "\(text)" is not the address of a datastore. \(why) Write sqlite:PATH, \
      sqlite:PATH?database=NAME, datastore:PROJECT or datastore:PROJECT/DATABASE.
      """)
  }
}

extension DatastoreAddress: CustomStringConvertible {
  /// The address in the form that `init(_:)` reads.
  public var description: String {
    switch self {
    case .sqlite(let path, let database):
      "sqlite:\(path)" + (database.isEmpty ? "" : Self.databaseMark + database)
    case .cloud(let project, let database, let emulator):
      "datastore:\(project ?? "")\(database.isEmpty ? "" : "/\(database)")"
        + (emulator.map { "@\($0)" } ?? "")
    }
  }
}
