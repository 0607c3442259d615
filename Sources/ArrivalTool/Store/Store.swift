#if SQLite
  internal import ArgumentParser
  internal import Arrival
  internal import Datastore
  internal import DatastoreSQLite

  #if canImport(Darwin)
    private import Darwin
  #elseif canImport(Glibc)
    private import Glibc
  #elseif canImport(Musl)
    private import Musl
  #endif

  /// The database that a command works on: the one place where addresses are opened.
  struct Store {
    let datastore: Datastore
    /// The file's engine, for what only a file has: its size, its check, its backup.
    let backend: SQLiteBackend

    /// Opens an address: a path, for now.
    ///
    /// - Parameter creates: Whether a file is made if there is none.
    init(_ address: String, creates: Bool = false) throws {
      guard creates || access(address, F_OK) == 0 else {
        throw ToolFailure(
          .database, "there is no database \"\(address)\"; import and put make one")
      }
      backend = try SQLiteBackend(path: address)
      // Commits that wait for the file go into it together.
      datastore = Datastore(backend: backend, configuration: .init(maxConcurrentCommits: 16))
    }

    /// Runs `body` and closes the database, whatever comes of it.
    static func with(
      _ address: String, creates: Bool = false, _ body: (Store) throws -> Void
    ) throws {
      let store = try Store(address, creates: creates)
      let result = Result { try body(store) }
      let closing = Future("close the database") { [datastore = store.datastore] in
        try await datastore.close()
      }
      let error = closing.getException()
      try result.get()
      if let error { throw error }
    }
  }

  /// The argument that all commands begin with.
  struct DatabaseArgument: ParsableArguments {
    @Argument(
      help: ArgumentHelp("The database file.", valueName: "database"), completion: .file())
    var database: String
  }
#endif
