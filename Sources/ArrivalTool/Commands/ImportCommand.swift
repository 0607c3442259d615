// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArgumentParser
  internal import Arrival
  internal import ArrivalFormats
  internal import ArrivalDatastore

  struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "import", abstract: "Stores the entities of a CSV, TSV or JSON file.",
      discussion: """
        A table has a header line; each row is an entity and each column a property, which is a \
        string unless --type or --types says otherwise. A column __key__ holds whole keys; --key \
        names a column of IDs or names; without either, each row gets a new ID. An empty field is \
        null unless its column is of type string.

        JSON files have one object on each line, or one array of objects. Objects in the form that \
        export writes keep their keys, types and index flags. Each member of any other object \
        becomes a property; --kind and --key give such objects their keys.

        The files output-0, output-1 and so on of a managed export of Datastore or Firestore are \
        read too (--format export).

        Files may be compressed with gzip, and be in UTF-8, in UTF-16 with a byte-order mark, or \
        in the encoding that --encoding names.

        A row that cannot be stored is reported with its line, and the other rows are stored. A \
        file that cannot be read leaves no new database behind. Chunks are stored in the order of \
        the file. Ctrl-C stops after the chunk in flight; the same command with --resume goes on \
        there.

          arrival import shop.db orders.csv.gz --key id --types auto --null NA
        """)

    @OptionGroup var address: DatabaseArgument
    @Argument(help: "The file, or - for standard input.", completion: .file()) var file: String
    @Option(help: "The format of the file. Default: by the extension of its name.") var format:
      ImportFormat?
    @Option(
      help: """
        The encoding of the file: utf-8, utf-16, utf-16le, utf-16be, latin-1 or windows-1252.
        """) var encoding: String?
    @Option(help: "The kind of the entities. Default: the file name without its extension.")
    var kind: String?
    @Option(help: "The namespace of the entities. Default: the default namespace.")
    var namespace: String?
    @Option(
      help: ArgumentHelp(
        "The column or member that holds the ID or the name.", valueName: "column"))
    var key: String?
    @Option(
      help: ArgumentHelp(
        "The type of a column: \(ColumnType.names). Repeatable.",
        valueName: "column=type"))
    var type: [String] = []
    @Option(
      help: ArgumentHelp(
        "A column without an index, so that queries cannot filter by it. Repeatable.",
        valueName: "column")
    )
    var unindexed: [String] = []
    @OptionGroup(title: "Options for tables") var table: TableOptions
    @Flag(help: "Leave entities alone whose keys exist, and report their lines.")
    var insert = false
    @Flag(help: "Store nothing, and report what would be stored.") var dryRun = false
    @Flag(help: "Continue an import of this file that was interrupted.") var resume = false

    func run() throws {
      try reporting {
        guard let format = format ?? ImportFormat(path: file) else {
          throw ToolFailure(
            .unreadableInput, "the format of \"\(file)\" cannot be told from its name; add --format"
          )
        }
        if format == .jsonl || format == .export, let option = table.given {
          throw ValidationError("\(option) is an option for tables; leave it out")
        }
        if format == .export, let option = encoding.map({ _ in "--encoding" }) ?? optionOfObjects {
          throw ValidationError(
            "the entities of a managed export have their own keys and types; leave out \(option)")
        }
        if resume, dryRun {
          throw ValidationError("--resume and --dry-run exclude each other; leave one out")
        }
        var options = try mappingOptions()
        var source = InputSource(argument: file)
        let log = ProblemLog(ProgressPrinter(), source: "\(source)", command: "arrival")
        let encoding = try readEncoding()
        // The input is opened first, so that a mistyped name leaves no empty database behind.
        switch format {
        case .export:
          var entities = ExportedEntities(try LogReader(source))
          try store(&entities, source, log)
        case .jsonl:
          var entities = JSONEntities(
            try JSONValueReader(source, encoding: encoding), options,
            optionsOfObjects: optionOfObjects)
          try store(&entities, source, log)
        case .csv, .tsv:
          let parsing = try table.configuration(format)
          func reader() throws -> TableReader {
            try TableReader(source, configuration: parsing, encoding: encoding)
          }
          var spooled: SpooledFile?
          if table.types == .auto {
            let file = try SpooledFile(source)
            spooled = file
            source = file.source
            for line in try TypeInference.choose(try reader(), &options) { log.note(line) }
          }
          var entities = TableEntities(try reader(), options)
          try withExtendedLifetime(spooled) { try store(&entities, source, log) }
        }
      }
    }

    /// An option that was given and that entities with their own keys cannot have. If it were
    /// ignored, the import would overwrite the entities that were exported.
    private var optionOfObjects: String? {
      [
        ("--kind", kind != nil), ("--namespace", namespace != nil), ("--key", key != nil),
        ("--type", !type.isEmpty), ("--unindexed", !unindexed.isEmpty),
      ].first { $0.1 }?.0
    }

    private func readEncoding() throws -> TextEncoding? {
      guard let encoding else { return nil }
      if let known = TextEncoding(argument: encoding) { return known }
      let names = TextEncoding.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--encoding \"\(encoding)\" is not one of \(names)")
    }

    private func mappingOptions() throws -> MappingOptions {
      var types: [String: ColumnType] = [:]
      for text in type {
        guard let sign = text.lastIndex(of: "="),
          let type = ColumnType(rawValue: String(text[text.index(after: sign)...]))
        else {
          throw ValidationError(
            "--type needs COLUMN=TYPE, where TYPE is one of \(ColumnType.names), not \"\(text)\"")
        }
        types[String(text[..<sign])] = type
      }
      return MappingOptions(
        kind: kind, defaultKind: Self.kind(of: file), namespace: namespace, key: key, types: types,
        unindexed: Set(unindexed), nulls: table.nulls)
    }

    private static func kind(of file: String) -> String {
      let name = file.split(separator: "/").last.map(String.init) ?? ""
      let stem = name.split(separator: ".", maxSplits: 1).first.map(String.init) ?? ""
      return stem.isEmpty || file == "-" ? "Row" : stem
    }
  }

  // MARK: Storing

  extension ImportCommand {
    private func store(
      _ entities: inout some EntitySource, _ source: InputSource, _ log: ProblemLog
    ) throws {
      if dryRun { return try report(&entities, log) }
      let database = ImportDatabase(address.database)
      let interruption = Interruption()
      var job = ImportJob(
        target: StoreTarget(
          address.database, isNew: database.isNew, mayWait: !source.isComplete
        ) { try database.open() },
        log: log,
        isStopped: { interruption.isRequested })
      job.insertsOnly = insert
      let result = Result {
        try prepareProgress(&job, database, source)
        let done = try job.run(&entities)
        // An empty file that was read without problems makes an empty database.
        if log.count == 0 { _ = try database.open() }
        return done
      }
      log.finish()
      let isRefused = if case .failure(let error) = result { Self.isRefusal(error) } else { false }
      if isRefused, let key = job.key {
        // The file must be changed before it can be imported, and is another file then.
        try database.open().datastore.delete(key).getResult()
      }
      try database.close(removing: isRefused)
      switch result {
      case .failure(let error):
        if job.committed > 0 {
          log.note(
            database.isNew && isRefused
              ? "nothing was kept, because the file cannot be read to its end"
              : "at least \(counted(job.committed, "entity", "entities")) stored before the error")
        }
        throw error
      case .success(let done):
        let stored = done.stored + (job.resumed?.stored ?? 0)
        print("\(counted(stored, "entity", "entities")) stored in \(address.database)")
        if interruption.isRequested { throw ToolFailure(.interrupted, nil) }
        try complain(about: done.problems + (job.resumed?.problems ?? 0), log)
      }
    }

    private func complain(about problems: Int, _ log: ProblemLog) throws {
      if problems == 0 { return }
      throw ToolFailure(.incomplete, "\(counted(problems, "row")) of \(log.source) not stored")
    }

    /// Whether the file is the reason for an error, and not the database.
    private static func isRefusal(_ error: any Error) -> Bool {
      switch error {
      case let error as InputError: error.code != .unreadable
      case is TableError: true
      case let failure as ToolFailure: failure.code == .unreadableInput
      default: false
      }
    }

    /// Finds how far an interrupted import came, and where this one keeps how far it is.
    private func prepareProgress(
      _ job: inout ImportJob<StoreTarget>, _ database: ImportDatabase, _ source: InputSource
    ) throws {
      guard case .path = source, SpooledFile.isRegularFile(source) else {
        guard resume else { return }
        throw ToolFailure(
          .unreadableInput,
          "--resume needs a file, because what was read from \(source) before is not known")
      }
      let options = [
        kind, namespace, key, encoding, type.description, unindexed.description, table.delimiter,
        table.quote, "\(table.noHeader)", table.skip.map { "\($0)" }, table.comment,
        table.ragged?.rawValue, table.types?.rawValue, table.nulls.description,
        format?.rawValue, "\(insert)", kind == nil ? Self.kind(of: file) : nil,
      ].map { $0 ?? "-" }.joined(separator: "\n")
      job.progressKey = { try ImportProgress.key(of: source, options: options) }
      if !resume { return }
      let key = try ImportProgress.key(of: source, options: options)
      guard database.exists,
        let found = try database.open().datastore.get(key).getResult(),
        let progress = ImportProgress(found)
      else {
        throw ToolFailure(
          .unreadableInput,
          """
          there is nothing to resume in \(address.database): no import of this file with these \
          options was interrupted, or the file has changed; leave out --resume
          """)
      }
      job.resumed = progress
    }

    /// Reads the whole file and prints what an import would store.
    private func report(_ entities: inout some EntitySource, _ log: ProblemLog) throws {
      let database = ImportDatabase(address.database, .reads)
      let datastore = insert && database.exists ? try database.open().datastore : nil
      let interruption = Interruption()
      var job = ImportJob(
        target: DryRunTarget(datastore), log: log, isStopped: { interruption.isRequested })
      job.insertsOnly = insert
      let result = Result { try job.run(&entities) }
      log.finish()
      try database.close(removing: false)
      let done = try result.get()
      print(
        "\(counted(done.stored, "entity", "entities")) would be stored in \(address.database)")
      for (kind, count) in job.target.counts.sorted(by: { $0.key < $1.key }) {
        print("\(Escaped(kind)): \(grouped(count))")
      }
      if let first = job.target.first { print("the first: \(EntityJSON.node(of: first).text)") }
      if interruption.isRequested { throw ToolFailure(.interrupted, nil) }
      try complain(about: done.problems, log)
    }
  }

  /// The database of an import, which is opened, and perhaps created, when it is first needed.
  final class ImportDatabase {
    private let address: String
    private let access: Store.Access
    private var store: Store?
    /// Whether the file did not exist before.
    let isNew: Bool

    init(_ address: String, _ access: Store.Access = .creates) {
      self.address = address
      self.access = access
      isNew = !Store.exists(address: address)
    }

    /// Whether there is a database to look into.
    var exists: Bool { !isNew }

    func open() throws -> Store {
      if let store { return store }
      let opened = try Store(address, access)
      store = opened
      return opened
    }

    /// Closes the database, and removes its file if this import created it.
    func close(removing: Bool) throws {
      guard let store else { return }
      let closing = Future("close the database") { [datastore = store.datastore] in
        try await datastore.close()
      }
      let error = closing.getException()
      self.store = nil
      if removing, isNew { store.removeFile() }
      if let error { throw error }
    }
  }
#endif
