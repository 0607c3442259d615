#if SQLite
  internal import ArgumentParser
  internal import Arrival
  internal import ArrivalFormats
  internal import Datastore

  struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "import", abstract: "Stores the entities of a file: CSV, TSV or JSON Lines.",
      discussion: """
        In JSON Lines each line is an entity with its key, as export writes them: nothing is lost on \
        the way. A table has a header line; each row is an entity of the kind, each column a property, \
        a string unless --type says otherwise. A column __key__ holds whole keys; --key names one that \
        holds the ID or name; with neither, each row gets a new ID. An empty field of a type other \
        than string is null.

        A row that cannot be stored is reported with its line, and the others are stored. Ctrl-C stops \
        after what is under way; what is stored stays.
        """)

    @OptionGroup var address: DatabaseArgument
    @Argument(help: "The file; - for standard input.", completion: .file()) var file: String
    @Option(help: "The file's format. Default: what its name ends with.") var format: DataFormat?
    @Option(help: "The kind of a table's rows. Default: the file's name without its ending.")
    var kind: String?
    @Option(help: "The namespace of a table's rows. Default: the one without a name.")
    var namespace: String?
    @Option(help: ArgumentHelp("The column that is the ID or name.", valueName: "column"))
    var key: String?
    @Option(
      help: ArgumentHelp(
        "What a column holds: \(ColumnType.allCases.map(\.rawValue).joined(separator: ", ")). Repeat for more.",
        valueName: "column=type"))
    var type: [String] = []
    @Option(
      help: ArgumentHelp("A column that queries cannot find; may be repeated.", valueName: "column")
    )
    var unindexed: [String] = []
    @Option(
      help: ArgumentHelp(
        "What separates fields: tab, comma, semicolon or one character. Default: guessed.",
        valueName: "character"))
    var delimiter: String?

    func run() throws {
      try reporting {
        guard let format = format ?? DataFormat(path: file) else {
          throw ToolFailure(
            .unreadableInput, "the name of \"\(file)\" does not tell its format; give --format")
        }
        if format == .jsonl { try refuseTableOptions() }
        let source = TableSource(argument: file)
        let log = ProblemLog(ProgressPrinter(), source: "\(source)", command: "arrival")
        // The input is opened first: a misspelt name leaves no empty database behind.
        switch format {
        case .jsonl:
          var entities = JSONEntities(try LineReader(source))
          try store(&entities, log)
        case .csv, .tsv:
          var entities = TableEntities(
            try TableReader(source, configuration: parsing(format)), try options(), log)
          try store(&entities, log)
        }
      }
    }

    /// Ignored, they would write where nobody has said: over the entities that were exported.
    private func refuseTableOptions() throws {
      let given = [
        ("--kind", kind != nil), ("--namespace", namespace != nil), ("--key", key != nil),
        ("--type", !type.isEmpty), ("--unindexed", !unindexed.isEmpty),
        ("--delimiter", delimiter != nil),
      ]
      guard let (name, _) = given.first(where: { $0.1 }) else { return }
      throw ValidationError(
        """
        \(name) describes a table, and in JSON Lines each entity has its own key, types and index \
        flags; leave it out, or change the file
        """)
    }

    private func store(_ entities: inout some EntitySource, _ log: ProblemLog) throws {
      let interruption = Interruption()
      var stored = 0
      try Store.with(address.database, .creates) { store in
        defer { log.finish() }
        let job = ImportJob(
          datastore: store.datastore, log: log, isStopped: { interruption.isRequested })
        stored = try job.run(&entities)
      }
      print("\(counted(stored, "entity", "entities")) stored in \(address.database)")
      if interruption.isRequested { throw ToolFailure(.interrupted, nil) }
      if log.count > 0 {
        throw ToolFailure(.incomplete, "\(counted(log.count, "row")) of \(log.source) not stored")
      }
    }

    private func parsing(_ format: DataFormat) throws -> TableParser.Configuration {
      var parsing = TableParser.Configuration.default
      if format == .tsv { parsing.delimiter = .tab }
      if let delimiter {
        guard let known = Delimiter(argument: delimiter) else {
          throw ValidationError(
            "--delimiter \"\(delimiter)\" is not tab, comma, semicolon or one ASCII character")
        }
        parsing.delimiter = known
      }
      return parsing
    }

    private func options() throws -> ColumnMapping.Options {
      var types: [String: ColumnType] = [:]
      for text in type {
        guard let sign = text.lastIndex(of: "="),
          let type = ColumnType(rawValue: String(text[text.index(after: sign)...]))
        else {
          let names = ColumnType.allCases.map(\.rawValue).joined(separator: ", ")
          throw ValidationError("--type wants COLUMN=TYPE with a type of \(names), not \"\(text)\"")
        }
        types[String(text[..<sign])] = type
      }
      return ColumnMapping.Options(
        kind: kind, defaultKind: Self.kind(of: file), namespace: namespace, key: key, types: types,
        unindexed: Set(unindexed))
    }

    private static func kind(of file: String) -> String {
      let name = file.split(separator: "/").last.map(String.init) ?? ""
      let stem = name.split(separator: ".", maxSplits: 1).first.map(String.init) ?? ""
      return stem.isEmpty || file == "-" ? "Row" : stem
    }
  }
#endif
