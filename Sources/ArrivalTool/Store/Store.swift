#if SQLite
  internal import ArgumentParser
  internal import Arrival
  internal import Datastore
  private import DatastoreAddresses
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
    private let address: DatastoreAddress
    private let engine: SQLiteBackend?

    /// Opens an address.
    ///
    /// - Parameter creates: Whether a file is made if there is none.
    init(_ address: String, creates: Bool = false) throws {
      self.address = try DatastoreAddress(address)
      guard case .sqlite(let path) = self.address else {
        datastore = try Datastore.open(address)
        engine = nil
        return
      }
      guard creates || access(path, F_OK) == 0 else {
        throw ToolFailure(.database, "there is no database \"\(path)\"; import and put make one")
      }
      let engine = try SQLiteBackend(path: path)
      self.engine = engine
      // Commits that wait for the file go into it together.
      datastore = Datastore(backend: engine, configuration: .init(maxConcurrentCommits: 16))
    }

    /// The file's engine, for what only a file has: its size, its check, its backup.
    func file() throws -> SQLiteBackend {
      guard let engine else {
        throw ToolFailure(.database, "this command is for database files, and \(address) is none")
      }
      return engine
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
      help: ArgumentHelp(
        "A database file, or datastore:PROJECT[/DATABASE].", valueName: "database"),
      completion: .file())
    var database: String
  }
#endif
