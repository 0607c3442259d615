// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArgumentParser
  internal import Arrival
  internal import ArrivalDatastore
  internal import ArrivalFormats
  private import DatastoreAddresses
  internal import DatastoreSQLite

  #if canImport(Darwin)
    private import Darwin
  #elseif canImport(Glibc)
    private import Glibc
  #elseif canImport(Musl)
    private import Musl
  #endif

  /// The database of a command. Commands open addresses only here.
  struct Store {
    let datastore: Datastore
    private let address: DatastoreAddress
    private let engine: SQLiteBackend?

    /// Whether it is a database file, not a server.
    var isFile: Bool { engine != nil }

    /// How a command uses its database.
    enum Access {
      /// Reads only. Read-only files are accepted.
      case reads
      /// Writes to an existing file.
      case writes
      /// Writes, and creates the file if it does not exist.
      case creates
    }

    /// Opens an address.
    init(_ address: String, _ access: Access) throws {
      self.address = try DatastoreAddress(address)
      guard case .sqlite(let path, let database) = self.address else {
        #if Cloud
          datastore = try Datastore.open(address) { complain("arrival: \($0)") }
          engine = nil
          return
        #else
          throw ToolFailure(
            .database,
            """
            \(address) is a server, and this arrival was built for files alone; build it with: \
            swift build -c release --traits SQLite,Cloud --product arrival
            """)
        #endif
      }
      guard access == .creates || Self.exists(path) else {
        throw ToolFailure(
          .database,
          """
          there is no database "\(path)"; the commands import, put, copy and restore create one
          """)
      }
      if access == .reads, Self.isEmpty(path) {
        throw ToolFailure(
          .database,
          "\"\(path)\" is an empty file; the commands import and put turn it into a database")
      }
      // Opening for writing would migrate a file of an older version, and programs of that version
      // that have it open could not continue.
      // An import changes pages of the index all over the file.
      let engine = try SQLiteBackend(
        path: path,
        configuration: .init(
          cacheBytes: access == .creates ? 24 << 20 : 16 << 20, isReadOnly: access == .reads))
      self.engine = engine
      if access != .creates, !database.isEmpty { try Self.require(database, in: engine, path) }
      // Commits that wait for the file are written together.
      datastore = Datastore(
        backend: try engine.database(database, closesFile: true),
        configuration: .init(maxConcurrentCommits: 16))
    }

    /// Fails if a file has no entities in a database, whose name may be misspelt.
    private static func require(
      _ database: String, in engine: SQLiteBackend, _ path: String
    ) throws {
      let names = try Future("databases") { try await engine.databaseNames() }.getResult()
      if names.contains(database) { return }
      let known = names.filter { !$0.isEmpty }
      throw ToolFailure(
        .database,
        """
        "\(path)" has no database "\(database)"; \
        \(known.isEmpty ? "it has only the default one" : "it has \(known.joined(separator: ", "))")
        """)
    }

    /// Says on standard error which other databases the file has.
    func noteOtherDatabases() throws {
      guard case .sqlite(let path, let database) = address, let engine else { return }
      let names = try Future("databases") { try await engine.databaseNames() }.getResult()
      let others = names.filter { $0 != database }
      guard let first = others.last else { return }
      let listed = others.map { $0.isEmpty ? "the default one" : $0 }.joined(separator: ", ")
      let example = DatastoreAddress.sqlite(path: path, database: first)
      complain(
        """
        arrival: the other databases of the file are left out: \(listed); for one of them, write \
        \(example)
        """)
    }

    private static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Whether an address is that of a file that exists, or of a server.
    static func exists(address: String) -> Bool {
      guard case .sqlite(let path, _)? = try? DatastoreAddress(address) else { return true }
      return exists(path)
    }

    /// Whether an address is that of the default database of a file.
    static func isFile(address: String) -> Bool {
      if case .sqlite(_, "")? = try? DatastoreAddress(address) { true } else { false }
    }

    /// The address in one form, whatever the current folder is.
    static func canonical(_ address: String) throws -> String {
      let parsed = try DatastoreAddress(address)
      guard case .sqlite(let path, let database) = parsed, let resolved = realpath(path, nil) else {
        return "\(parsed)"
      }
      defer { free(resolved) }
      return "\(DatastoreAddress.sqlite(path: String(cString: resolved), database: database))"
    }

    /// Whether two addresses are those of one datastore, also by links to its file.
    static func areSame(_ a: String, _ b: String) throws -> Bool {
      if try canonical(a) == canonical(b) { return true }
      guard case .sqlite(let first, let database) = try DatastoreAddress(a),
        case .sqlite(let second, database) = try DatastoreAddress(b)
      else { return false }
      var (one, other) = (stat(), stat())
      return stat(first, &one) == 0 && stat(second, &other) == 0
        && (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)
    }

    /// Removes the file of a closed database, and the files beside it.
    func removeFile() {
      guard case .sqlite(let path, _) = address else { return }
      for suffix in ["", "-wal", "-shm", "-journal"] { unlink(path + suffix) }
    }

    static func isFolder(_ path: String) -> Bool {
      var status = stat()
      return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    private static func isEmpty(_ path: String) -> Bool {
      var status = stat()
      return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && status.st_size == 0
    }

    /// Where the tool notes how far imports and copies have come. Programs that use the datastore
    /// do not see it.
    static let progressNamespace = "arrival.import"

    /// The namespaces that contain entities, without the tool's own.
    func namespaces() throws -> [String] {
      do {
        return try datastore.namespaces().getResult().filter { $0 != Self.progressNamespace }
      } catch let error as DatastoreError where error.code == .invalidArgument {
        // Google's Firestore emulator does not list them.
        throw ToolFailure(
          .database,
          """
          the datastore does not list its namespaces; name one with --namespace, such as \
          --namespace '' for the default one (\(error.message))
          """)
      }
    }

    /// The path of a database file, for operations on files that are not open.
    static func path(ofFile address: String) throws -> String {
      guard case .sqlite(let path, let database) = try DatastoreAddress(address) else {
        throw ToolFailure(
          .database, "this command works on database files only; \(address) is not a file")
      }
      guard database.isEmpty else { throw wholeFilesOnly(path) }
      return path
    }

    /// The kinds of a namespace, without those that the datastore reserves.
    func kinds(in namespace: String) throws -> [String] {
      try datastore.kinds(inNamespace: namespace).getResult().filter { !$0.hasPrefix("__") }
    }

    /// Says on standard error that a kind has no entities, and which kinds there are.
    ///
    /// - Returns: Whether the kind has none.
    @discardableResult
    func complainIfMissing(_ kind: String, in namespace: String) throws -> Bool {
      let kinds = try kinds(in: namespace)
      if kinds.containsExactly(kind) || kind.hasPrefix("__") { return false }
      let place = namespace.isEmpty ? "" : " in the namespace \"\(namespace)\""
      complain(Self.missingKind(kind, place, known: kinds))
      return true
    }

    /// The sentence about a kind that has no entities.
    static func missingKind(_ kind: String, _ place: String = "", known kinds: [String]) -> String {
      "arrival: no entities of kind \(kind)\(place); "
        + (kinds.isEmpty
          ? "there are none at all"
          : "there are \(Suggestion.listed(kinds, nearestTo: kind, noun: "other kind"))")
    }

    private static func wholeFilesOnly(_ path: String) -> ToolFailure {
      ToolFailure(
        .database,
        "this command works on whole files; leave out what follows \"\(path)\" in the address")
    }

    /// The backend of a database file, for operations that only whole files have.
    func file() throws -> SQLiteBackend {
      if case .sqlite(let path, let database) = address, !database.isEmpty {
        throw Self.wholeFilesOnly(path)
      }
      guard let engine else {
        throw ToolFailure(
          .database, "this command works on database files only; \(address) is not a file")
      }
      return engine
    }

    /// Opens a database, runs `body`, and closes the database, also if `body` throws.
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

  /// The first argument of every command.
  struct DatabaseArgument: ParsableArguments {
    @Argument(
      help: ArgumentHelp(
        "A database file, FILE?database=NAME, or datastore:PROJECT[/DATABASE].",
        valueName: "database"),
      completion: .file())
    var database: String
  }
#endif
