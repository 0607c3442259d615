// SPDX-License-Identifier: Apache-2.0
#if Server
  /// The project and the database that a request names.
  public struct DatabaseName: Sendable, Hashable {
    /// The project's ID.
    public var project: String
    /// The database's ID. Empty for the default database.
    public var database: String

    /// Makes a name.
    public init(project: String, database: String = "") {
      self.project = project
      self.database = database
    }
  }

  extension DatabaseName: Comparable {
    /// By project, then by database.
    public static func < (a: DatabaseName, b: DatabaseName) -> Bool {
      (a.project, a.database) < (b.project, b.database)
    }
  }

  extension DatabaseName: CustomStringConvertible {
    /// The project's ID, and the database's after a slash if it is not the default one.
    public var description: String { database.isEmpty ? project : "\(project)/\(database)" }
  }
#endif
