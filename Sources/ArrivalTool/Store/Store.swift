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

    /// What a command does with a database.
    enum Access {
      /// Reads, changes nothing, and takes a file that it may not write.
      case reads
      /// Writes to a file that is there.
      case writes
      /// Writes, and makes a file if there is none.
      case creates
    }

    /// Opens an address.
    init(_ address: String, _ access: Access) throws {
      self.address = try DatastoreAddress(address)
      guard case .sqlite(let path) = self.address else {
        datastore = try Datastore.open(address)
        engine = nil
        return
      }
      guard access == .creates || Self.exists(path) else {
        throw ToolFailure(.database, "there is no database \"\(path)\"; import and put make one")
      }
      if access == .reads, Self.isEmpty(path) {
        throw ToolFailure(
          .database, "\"\(path)\" is empty and no database yet; import and put make one of it")
      }
      // A file of an older version would be brought to this one otherwise, and the programs that have
      // it open could not go on.
      let engine = try SQLiteBackend(
        path: path, configuration: .init(isReadOnly: access == .reads))
      self.engine = engine
      // Commits that wait for the file go into it together.
      datastore = Datastore(backend: engine, configuration: .init(maxConcurrentCommits: 16))
    }

    private static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    private static func isEmpty(_ path: String) -> Bool {
      var status = stat()
      return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && status.st_size == 0
    }

    /// The namespaces that have entities.
    func namespaces() throws -> [String] {
      if let engine {
        let contents = try Future("namespaces") { try await engine.contents() }.getResult()
        return Set(contents.kinds.map(\.namespace)).sorted()
      }
      var namespaces: [String] = []
      let results = datastore.query(Query(kind: "__namespace__").keysOnly())
      try Pages(results: results, limit: nil).read { keys in
        for key in keys {
          // The default one, which has no name, has an ID there.
          if case .name(let name) = key.identifier {
            namespaces.append(name)
          } else {
            namespaces.append("")
          }
        }
      }
      return namespaces
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
      _ address: String, _ access: Access, _ body: (Store) throws -> Void
    ) throws {
      let store = try Store(address, access)
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
