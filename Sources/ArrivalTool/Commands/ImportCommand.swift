// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArgumentParser
  internal import Arrival
  internal import ArrivalFormats
  internal import ArrivalDatastore
  internal import DatastoreModel

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
    @Flag(help: "Store all rows again although an import of this file was interrupted.")
    var restart = false
    @Option(
      help: ArgumentHelp(
        "Leave out the first rows or objects, which are stored already.", valueName: "rows"))
    var after: Int?

    func run() throws {
      try reporting {
        guard let format = format ?? ImportFormat(path: file) else { throw try unknownFormat() }
        if format == .jsonl || format == .export, let option = table.given {
          throw ValidationError("\(option) is an option for tables; leave it out")
        }
        if format == .export, let option = encoding.map({ _ in "--encoding" }) ?? optionOfObjects {
          throw ValidationError(
            "the entities of a managed export have their own keys and types; leave out \(option)")
        }
        if let after, after < 1 {
          throw ValidationError("--after needs a number of rows, not \(after)")
        }
        let modes = [
          ("--after", after != nil && resume), ("--resume", resume), ("--restart", restart),
          ("--dry-run", dryRun),
        ]
        let given = modes.filter(\.1).map(\.0)
        if given.count > 1 {
          throw ValidationError("\(given[0]) and \(given[1]) exclude each other; leave one out")
        }
        var options = try mappingOptions()
        var source = InputSource(argument: file)
        let before = FileState(source)
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
        if FileState(InputSource(argument: file)) != before {
          throw ToolFailure(
            .incomplete,
            "\(file) was changed while it was read; compare what is stored with the file")
        }
      }
    }

    /// What is wrong with a file whose name does not tell the format.
    private func unknownFormat() throws -> ToolFailure {
      let source = InputSource(argument: file)
      if file.hasSuffix("export_metadata"), (try? LogReader(source)) != nil {
        return ToolFailure(
          .unreadableInput,
          """
          \(source) only describes a managed export; import its files output-0, output-1 and so \
          on, which are in folders beside it
          """)
      }
      // A folder, a missing file or an archive has a message of its own.
      if source != .standardInput { try TextFile.probe(source) }
      return ToolFailure(
        .unreadableInput,
        "the name of \(source) does not tell the format; add --format csv, tsv or jsonl")
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
        guard let sign = text.unicodeScalars.lastIndex(of: "="),
          let type = ColumnType(
            rawValue: String(text.unicodeScalars[text.unicodeScalars.index(after: sign)...]))
        else {
          throw ValidationError(
            "--type needs COLUMN=TYPE, where TYPE is one of \(ColumnType.names), not \"\(text)\"")
        }
        guard types.updateValue(type, forKey: String(text[..<sign])) == nil else {
          throw ValidationError("--type names the column \"\(text[..<sign])\" twice")
        }
      }
      if key == "__key__" {
        throw ValidationError(
          "the column __key__ holds whole keys, with their kinds; leave out --key __key__")
      }
      if let column = [key ?? "__key__"].first(where: unindexed.contains) {
        throw ValidationError("\"\(column)\" is the key, which has no index to leave out")
      }
      if key == nil, types["__key__"] != nil {
        throw ValidationError("the column __key__ holds whole keys, and has no other type")
      }
      if let key, let type = types[key], type != .string, type != .integer {
        throw ValidationError(
          "the key column \"\(key)\" has IDs (--type \(key)=integer) or names (\(key)=string)")
      }
      return MappingOptions(
        kind: kind, defaultKind: Self.kind(of: file), namespace: namespace, key: key, types: types,
        unindexed: Set(unindexed), nulls: table.nulls)
    }

    private static func kind(of file: String) -> String {
      let name = file.split(separator: "/").last.map(String.init) ?? ""
      let stem = name.split(separator: ".", maxSplits: 1).first.map(String.init) ?? ""
      // A pipe of the shell is called /dev/fd/63.
      return stem.isEmpty || file == "-" || file.hasPrefix("/dev/") ? "Row" : stem
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
      job.isFile = source.isComplete
      job.resumed = leftOut
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
          if database.isNew && isRefused {
            log.note("nothing was kept, because the file cannot be read to its end")
          } else {
            log.note(advice(after: job, isRefused: isRefused))
          }
        }
        throw error
      case .success(let done):
        let before = job.resumed
        if !job.isComplete {
          let items = max(done.items, before?.items ?? 0)
          throw ToolFailure(
            .interrupted,
            "stopped after \(counted(items, "row")); "
              + (job.key != nil
                ? "repeat the command with --resume to go on"
                : items == 0 ? "nothing was stored" : "\(source) cannot be resumed"))
        }
        let stored = counted(done.stored + (before?.stored ?? 0), "entity", "entities")
        let now = before == nil ? "" : ", \(grouped(done.stored)) of them now"
        try say("\(stored) stored in \(address.database)\(now)")
        try complain(about: done.problems + (before?.problems ?? 0), log)
      }
    }

    /// What `--after` leaves out, as if an import had dealt with it.
    private var leftOut: ImportProgress? {
      guard let after else { return nil }
      var progress = ImportProgress()
      progress.items = after
      return progress
    }

    /// What is stored of a file that could not be read or stored to its end, and what to do.
    private func advice(after job: ImportJob<StoreTarget>, isRefused: Bool) -> String {
      let stored = counted(job.committed, "entity", "entities")
      let rows = grouped(job.settledItems)
      if isRefused, job.settledItems > 0 {
        return """
          the first \(rows) rows were read and \(stored) stored before the error; repair the file, \
          and import the rest of it with --after \(job.settledItems)
          """
      }
      return "at least \(stored) stored before the error"
        + (job.key != nil ? "; repeat the command with --resume to go on" : "")
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

    /// The options that change what is stored, as a person writes them.
    private var identity: String {
      var words: [String] = []
      func add(_ name: String, _ values: [String?]) {
        for value in values.compactMap({ $0 }) { words += [name, value] }
      }
      add("--format", [format?.rawValue])
      add("--encoding", [encoding])
      add("--kind", [kind])
      add("--namespace", [namespace])
      add("--key", [key])
      add("--type", type)
      add("--unindexed", unindexed)
      add("--delimiter", [table.delimiter])
      add("--quote", [table.quote])
      if table.noHeader { words.append("--no-header") }
      add("--skip", [table.skip.map { "\($0)" }])
      add("--comment", [table.comment])
      add("--ragged", [table.ragged?.rawValue])
      add("--types", [table.types?.rawValue])
      add("--null", table.nulls)
      add("--after", [after.map { "\($0)" }])
      if insert { words.append("--insert") }
      return words.map { $0.isEmpty || $0.contains(" ") ? "'\($0)'" : $0 }.joined(separator: " ")
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
      let options = identity
      let allOptions = kind == nil ? "\(options)\n\(Self.kind(of: file))" : options
      job.options = options
      job.progressKey = {
        ImportProgress.key(of: try FileFingerprint(of: source), options: allOptions)
      }
      let entities =
        database.exists
        ? try InterruptedJobs.entities("Import", in: database.open().datastore) : []
      if entities.isEmpty { return }
      let bytes = try FileFingerprint(of: source)
      let key = ImportProgress.key(of: bytes, options: allOptions)
      job.progressKey = { key }
      let jobs = InterruptedJobs(
        noun: "an import of this file",
        jobs: entities.compactMap(InterruptedJobs.Job.init).filter {
          ImportProgress.file(of: $0.key) == "\(bytes)"
        }, key: key, storesAgain: true)
      let changed = entities.filter {
        $0["file"] == .string("\(source)") && $0["complete"] != .boolean(true)
          && $0.key.flatMap(ImportProgress.file) != "\(bytes)"
      }
      if let earlier = changed.compactMap(InterruptedJobs.Job.init).first {
        try handle(earlier, log: job.log)
      }
      let (resumes, ended) = try jobs.decide(resume ? .resume : restart ? .restart : .begin)
      if resumes {
        job.resumed = entities.first { $0.key == key }.flatMap(ImportProgress.init)
      }
      if let resumed = job.resumed {
        job.log.note(
          resumed.isComplete
            ? "this import is already complete"
            : "going on after row \(grouped(resumed.items))")
      }
      let over = ended + (restart ? changed.compactMap(\.key) : [])
      try database.open().datastore.delete(over).getResult()
    }

    /// Says that the file has changed since an import of it was interrupted.
    private func handle(_ earlier: InterruptedJobs.Job, log: ProblemLog) throws {
      if restart { return }
      let stop = "the file has changed since an import of it \(earlier.stop)"
      if resume {
        throw ToolFailure(
          .unreadableInput,
          """
          \(stop); write --restart for --resume to store all of its rows, or --after \
          \(earlier.rows) if its first rows are the same
          """)
      }
      log.note("\(stop), which are stored; --restart forgets that import")
    }

    /// Reads the whole file and prints what an import would store.
    private func report(_ entities: inout some EntitySource, _ log: ProblemLog) throws {
      let database = ImportDatabase(address.database, .reads)
      let datastore = insert && database.exists ? try database.open().datastore : nil
      let interruption = Interruption()
      var job = ImportJob(
        target: DryRunTarget(datastore), log: log, isStopped: { interruption.isRequested })
      job.insertsOnly = insert
      job.resumed = leftOut
      let result = Result { try job.run(&entities) }
      log.finish()
      try database.close(removing: false)
      let done = try result.get()
      try say(
        "\(counted(done.stored, "entity", "entities")) would be stored in \(address.database)")
      for (kind, count) in job.target.counts.sorted(by: { $0.key < $1.key }) {
        try say("\(Escaped(kind.text)): \(grouped(count))")
      }
      if let first = job.target.first { try say("the first: \(EntityJSON.node(of: first).text)") }
      if !job.isComplete { throw ToolFailure(.interrupted, nil) }
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
