// SPDX-License-Identifier: Apache-2.0
#if Server
  package import DatastoreModel

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

  extension DatabaseName {
    /// Checks the IDs: a database's as Google's service does, and a project's so that it can be the
    /// name of a folder.
    ///
    /// - Throws: `DatastoreError` with `invalidArgument` and the ID.
    package func check() throws(DatastoreError) {
      guard Self.isValid(project: project) else {
        throw DatastoreError(
          .invalidArgument,
          """
          The project ID "\(project.clipped())" is invalid. It has 1 to 100 letters, digits, \
          hyphens, dots, colons and underscores, and does not begin with a dot.
          """)
      }
      guard database.isEmpty || Self.isValid(database: database) else {
        throw DatastoreError(
          .invalidArgument,
          """
          The database ID "\(database.clipped())" is invalid. It has 4 to 63 lower-case letters, \
          digits and hyphens, and begins with a letter. The default database has the ID "".
          """)
      }
    }

    private static func isValid(project: String) -> Bool {
      let bytes = project.utf8
      return 1...100 ~= bytes.count && bytes.first != UInt8(ascii: ".")
        && bytes.allSatisfy { byte in
          isSmallOrDigit(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
            || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "_")
        }
    }

    private static func isValid(database: String) -> Bool {
      let bytes = database.utf8
      return 4...63 ~= bytes.count
        && bytes.first.map { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) } ?? false
        && bytes.allSatisfy { isSmallOrDigit($0) || $0 == UInt8(ascii: "-") }
    }

    private static func isSmallOrDigit(_ byte: UInt8) -> Bool {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
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
