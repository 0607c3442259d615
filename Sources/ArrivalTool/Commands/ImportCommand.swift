#if SQLite
  internal import ArgumentParser
  internal import Arrival
  internal import ArrivalFormats
  internal import ArrivalDatastore

  struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "import", abstract: "Stores the entities of a CSV, TSV or JSON Lines file.",
      discussion: """
        In JSON Lines, each line is an entity with its key, in the lossless form that export \
        writes. A table has a header line; each row is an entity and each column a property, which \
        is a string unless --type names another type. A column __key__ holds whole keys; --key \
        names a column of IDs or names; without either, each row gets a new ID. An empty field is \
        null unless its column is of type string.

        A row that cannot be stored is reported with its line, and the other rows are stored. \
        Ctrl-C finishes the rows in flight and stops; stored rows stay.
        """)

    @OptionGroup var address: DatabaseArgument
    @Argument(help: "The file, or - for standard input.", completion: .file()) var file: String
    @Option(help: "The format of the file. Default: by the extension of its name.") var format:
      DataFormat?
    @Option(help: "The kind of a table's rows. Default: the file name without its extension.")
    var kind: String?
    @Option(help: "The namespace of a table's rows. Default: the default namespace.")
    var namespace: String?
    @Option(help: ArgumentHelp("The column that holds the ID or the name.", valueName: "column"))
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
    @Option(
      help: ArgumentHelp(
        "The field separator: tab, comma, semicolon or one character. Default: guessed.",
        valueName: "character"))
    var delimiter: String?

    func run() throws {
      try reporting {
        guard let format = format ?? DataFormat(path: file) else {
          throw ToolFailure(
            .unreadableInput, "the format of \"\(file)\" cannot be told from its name; add --format"
          )
        }
        if format == .jsonl { try refuseTableOptions() }
        let source = InputSource(argument: file)
        let log = ProblemLog(ProgressPrinter(), source: "\(source)", command: "arrival")
        // The input is opened first, so that a mistyped name leaves no empty database behind.
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

    /// Refuses options that only tables have. If they were ignored, the import would overwrite the
    /// entities that were exported.
    private func refuseTableOptions() throws {
      let given = [
        ("--kind", kind != nil), ("--namespace", namespace != nil), ("--key", key != nil),
        ("--type", !type.isEmpty), ("--unindexed", !unindexed.isEmpty),
        ("--delimiter", delimiter != nil),
      ]
      guard let (name, _) = given.first(where: { $0.1 }) else { return }
      throw ValidationError(
        """
        \(name) is an option for tables; in JSON Lines each entity has its own key, types and \
        index flags. Leave the option out, or edit the file
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
          throw ValidationError(
            "--type needs COLUMN=TYPE, where TYPE is one of \(names), not \"\(text)\"")
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
