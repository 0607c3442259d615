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
    @Flag(
      help: """
        Accepted for scripts that pass it to Google's emulator. Name a place too, with --data-dir \
        or --database.
        """)
    var storeOnDisk = false

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
      guard !(storeOnDisk && (inMemory || noStoreOnDisk)) else {
        throw ValidationError(
          "choose between --store-on-disk and \(inMemory ? "--in-memory" : "--no-store-on-disk")")
      }
    }

    /// The place, for the line that the server prints.
    var description: String {
      if let dataDir { return "data in the folder \(dataDir)" }
      if let database { return "data in the file \(database)" }
      return "data in memory"
    }

    func databases(project: String) throws -> any DatabaseProvider {
      if let dataDir {
        try Self.make(dataDir)
        return Self.folder(dataDir, concurrency)
      }
      if let database {
        let file = try SQLiteBackend(path: database, configuration: Self.configuration)
        return SingleStore(
          concurrency.backend(file), project: project,
          open: { [concurrency] in concurrency.backend(try file.database($0)) },
          names: file.databaseNames)
      }
      return OpenedDatabases { [concurrency] _ in
        concurrency.backend(try SQLiteBackend.temporary(configuration: Self.temporary))
      } list: {
        // None is stored that is not open.
        []
      }
    }

    private static var configuration: SQLiteBackend.Configuration {
      // Each reader, each open transaction and each database has a cache of its own. Transactions
      // beyond these go on without a connection.
      SQLiteBackend.Configuration(
        maxTransactions: 64, beginsWithoutConnection: true, cacheBytes: 8 << 20,
        historyTime: .seconds(3_600))
    }

    /// A temporary database has one connection.
    private static var temporary: SQLiteBackend.Configuration {
      var configuration = configuration
      configuration.cacheBytes = 32 << 20
      return configuration
    }

    /// Makes the folder, so that a server with a place that cannot be used does not start.
    private static func make(_ folder: String) throws {
      var isFolder = false
      if FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), !isFolder {
        throw ToolFailure(
          .database,
          "\(folder) is a file; name a folder with --data-dir, or the file with --database")
      }
      do {
        try FileManager.default.createDirectory(
          at: URL(filePath: folder), withIntermediateDirectories: true)
      } catch {
        throw ToolFailure(
          .database, "the folder \(folder) cannot be made; name another one with --data-dir")
      }
      guard FileManager.default.isWritableFile(atPath: folder) else {
        throw ToolFailure(
          .database, "the folder \(folder) may not be written; name another one with --data-dir")
      }
    }

    /// Warns about data that the server will not find or not keep.
    func warn() {
      if storeOnDisk, dataDir == nil, database == nil {
        complain(
          "arrival: warning: the data is not kept; --store-on-disk needs --data-dir or --database")
      }
      let foreign = "WEB-INF/appengine-generated/local_db.bin"
      if let dataDir, FileManager.default.fileExists(atPath: "\(dataDir)/\(foreign)") {
        complain(
          """
          arrival: warning: \(dataDir)/\(foreign) is data of Google's emulator, which is not read; \
          start that emulator with the folder, and fetch the data with: arrival copy \
          datastore:PROJECT@HOST:PORT \(dataDir)/PROJECT/default.arrival
          """)
      }
    }

    private static func folder(
      _ path: String, _ concurrency: Concurrency
    ) -> OpenedDatabases {
      OpenedDatabases(lock: FolderLock(folder: path)) { name in
        // So no ID leads out of the folder.
        try name.check()
        let folder = URL(filePath: path).appending(path: name.project)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = name.database.isEmpty ? "default" : "db-\(name.database)"
        return concurrency.backend(
          try SQLiteBackend(
            path: folder.appending(path: "\(file).arrival").path(percentEncoded: false),
            configuration: configuration))
      } list: {
        Self.files(in: path).compactMap { file in Self.database(ofFile: file) }
      } remove: {
        for file in Self.files(in: path) { try FileManager.default.removeItem(at: file) }
      }
    }

    /// The databases' files in the folders of all projects, and SQLite's files beside them.
    private static func files(in path: String) -> [URL] {
      func contents(_ folder: URL) -> [URL] {
        let names = try? FileManager.default.contentsOfDirectory(
          atPath: folder.path(percentEncoded: false))
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
  }

  extension ServeStorage.Concurrency {
    fileprivate func backend(_ database: any DatastoreBackend) -> any DatastoreBackend {
      self == .optimistic ? database : PessimisticBackend(database)
    }
  }
#endif
