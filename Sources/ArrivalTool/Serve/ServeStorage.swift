// SPDX-License-Identifier: Apache-2.0
#if SQLite && Server
  internal import ArgumentParser
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import DatastoreServer
  internal import DatastoreSQLite
  private import FoundationEssentials

  /// Where the served data is.
  struct ServeStorage: ParsableArguments {
    @Option(
      help: ArgumentHelp(
        "A folder with a file for each project and database. It is made if it is missing.",
        valueName: "folder"))
    var dataDir: String?
    @Option(
      help: ArgumentHelp(
        "A database file for all projects, with its default database and its named ones.",
        valueName: "file"))
    var database: String?
    @Flag(
      help: """
        Keep the data until the server ends, in memory and a nameless temporary file. This is the \
        default.
        """)
    var inMemory = false
    @Flag(help: "The same as --in-memory, as Google's emulator calls it.")
    var noStoreOnDisk = false

    @Option(
      help: """
        Whether transactions that conflict fail at their commit (optimistic), or lock what they \
        read, so that others wait (pessimistic).
        """)
    var concurrency = Concurrency.optimistic

    enum Concurrency: String, ExpressibleByArgument, CaseIterable { case optimistic, pessimistic }

    func validate() throws {
      let choices = [dataDir != nil, database != nil, inMemory || noStoreOnDisk].filter { $0 }
      guard choices.count <= 1 else {
        throw ValidationError("choose one of --data-dir, --database and --in-memory")
      }
    }

    /// The place, for the line that the server prints.
    var description: String {
      if let dataDir { return "data in the folder \(dataDir)" }
      if let database { return "data in the file \(database)" }
      return "data in memory"
    }

    func databases(project: String) throws -> any DatabaseProvider {
      if let dataDir { return Self.folder(dataDir, concurrency) }
      if let database {
        let file = try SQLiteBackend(path: database, configuration: Self.configuration)
        return SingleStore(
          concurrency.backend(file), project: project,
          open: { [concurrency] in concurrency.backend(try file.database($0)) },
          names: file.databaseNames)
      }
      return OpenedDatabases { [concurrency] _ in
        concurrency.backend(try SQLiteBackend.temporary(configuration: Self.temporary))
      }
    }

    private static var configuration: SQLiteBackend.Configuration {
      // Each reader, each open transaction and each database has a cache of its own.
      SQLiteBackend.Configuration(
        maxTransactions: 256, cacheBytes: 8 << 20, historyTime: .seconds(3_600))
    }

    /// A temporary database has one connection.
    private static var temporary: SQLiteBackend.Configuration {
      var configuration = configuration
      configuration.cacheBytes = 32 << 20
      return configuration
    }

    private static func folder(
      _ path: String, _ concurrency: Concurrency
    ) -> OpenedDatabases {
      OpenedDatabases { name in
        let folder = try URL(filePath: path).appending(path: Self.fileName(name.project))
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = name.database.isEmpty ? "default" : "db-" + (try Self.fileName(name.database))
        return concurrency.backend(
          try SQLiteBackend(
            path: folder.appending(path: "\(file).arrival").path(), configuration: configuration))
      } list: {
        Self.files(in: path).compactMap { file in Self.database(ofFile: file) }
      } remove: {
        for file in Self.files(in: path) { try FileManager.default.removeItem(at: file) }
      }
    }

    /// The databases' files in the folders of all projects, and SQLite's files beside them.
    private static func files(in path: String) -> [URL] {
      func contents(_ folder: URL) -> [URL] {
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path())
        return (names ?? []).map { folder.appending(path: $0) }
      }
      return contents(URL(filePath: path)).flatMap(contents)
        .filter { $0.lastPathComponent.contains(".arrival") }
    }

    private static func database(ofFile file: URL) -> DatabaseName? {
      let ending = ".arrival"
      guard file.lastPathComponent.hasSuffix(ending) else { return nil }
      let name = file.lastPathComponent.dropLast(ending.count)
      let project = file.deletingLastPathComponent().lastPathComponent
      if name == "default" { return DatabaseName(project: project) }
      guard name.hasPrefix("db-") else { return nil }
      return DatabaseName(project: project, database: String(name.dropFirst(3)))
    }

    /// The ID of a project or database as the name of a file, which it may be as it is.
    private static func fileName(_ id: String) throws -> String {
      let isSafe = id.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
          || [0x2D, 0x2E, 0x3A, 0x5F].contains($0)
      }
      guard isSafe, !id.hasPrefix("."), id.utf8.count <= 100 else {
        throw DatastoreError(
          .invalidArgument,
          """
          The ID of a project or database has up to 100 letters, digits, hyphens, dots, colons \
          and underscores, and does not begin with a dot.
          """)
      }
      return id
    }
  }

  extension ServeStorage.Concurrency {
    fileprivate func backend(_ database: any DatastoreBackend) -> any DatastoreBackend {
      self == .optimistic ? database : PessimisticBackend(database)
    }
  }
#endif
