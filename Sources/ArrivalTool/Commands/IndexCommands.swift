#if SQLite
  internal import ArgumentParser
  internal import Arrival
  internal import ArrivalFormats
  internal import Datastore
  internal import DatastoreSQLite

  struct IndexCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "index", abstract: "Makes, lists and drops indexes over several properties.",
      discussion: """
        Each property alone is indexed anyway, and every query works without more. An index over \
        several makes a query fast that compares some properties with = and is ordered by others: it \
        then reads only what it returns. Those compared stand first, then the orders:

          arrival index create shop.db Account city balance:desc
          arrival query shop.db 'SELECT * FROM Account WHERE city = @1 ORDER BY balance DESC' Oslo

        Google Cloud Datastore has its indexes elsewhere: in index.yaml, for "gcloud datastore indexes".
        """,
      subcommands: [CreateIndexCommand.self, ListIndexesCommand.self, DropIndexCommand.self])
  }

  /// The index that a command is about.
  struct IndexArgument: ParsableArguments {
    @Argument(help: "The kind.") var kind: String
    @Argument(
      help: ArgumentHelp(
        "The properties, in order; a descending one as NAME:desc.", valueName: "property"))
    var properties: [String]
    @Flag(help: "For queries with an ancestor, and for no others.") var ancestor = false

    var index: SQLiteBackend.Index {
      SQLiteBackend.Index(
        kind: kind, properties.map(Self.order), includesAncestors: ancestor)
    }

    /// Only the two endings mean something: a name may hold colons.
    private static func order(_ text: String) -> QueryOrder {
      for (ending, direction) in [(":desc", QueryOrder.Direction.descending), (":asc", .ascending)]
      where text.hasSuffix(ending) {
        return QueryOrder(String(text.dropLast(ending.count)), direction)
      }
      return QueryOrder(text)
    }
  }

  struct CreateIndexCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "create", abstract: "Makes an index over several properties.",
      discussion: """
        It returns when queries use the index. Others go on working meanwhile. Broken off, by Ctrl-C \
        too, the same command goes on; "index drop" gives it up.
        """)

    @OptionGroup var address: DatabaseArgument
    @OptionGroup var argument: IndexArgument

    func run() throws {
      try reporting {
        try Store.with(address.database, .writes) { store in
          let (backend, index) = (try store.file(), argument.index)
          try Future("create an index") { try await backend.createIndex(index) }.checkSuccess()
          print("\(index) is ready")
        }
      }
    }
  }

  struct ListIndexesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "Prints the indexes over several properties.")

    @OptionGroup var address: DatabaseArgument
    @Option(help: "A table, or an index in JSON a line.") var format = OutputFormat.table

    func run() throws {
      try reporting {
        try Store.with(address.database, .reads) { store in
          let backend = try store.file()
          let indexes = try Future("indexes") { try await backend.indexes() }.getResult()
          var output = Output()
          switch format {
          case .json: for index in indexes { try output.line(Self.node(index).text) }
          case .table where indexes.isEmpty:
            complain("arrival: there is no index over several properties")
          case .table:
            var table = TextTable(header: ["kind", "properties", "state"], rightAligned: [])
            for status in indexes {
              table.rows.append([
                status.index.kind, Self.properties(status.index).joined(separator: " "),
                status.isReady ? "ready" : "not ready",
              ])
            }
            for line in table.lines { try output.line(line) }
          }
          try output.flush()
        }
      }
    }

    /// As "create" and "drop" take them.
    private static func properties(_ index: SQLiteBackend.Index) -> [String] {
      index.properties.map { $0.direction == .descending ? "\($0.property):desc" : $0.property }
        + (index.includesAncestors ? ["--ancestor"] : [])
    }

    private static func node(_ status: SQLiteBackend.IndexStatus) -> JSONNode {
      .object([
        .init("kind", .string(status.index.kind)),
        .init(
          "properties",
          .array(
            status.index.properties.map { property in
              .object([
                .init("name", .string(property.property)),
                .init(
                  "direction", .string(property.direction == .descending ? "desc" : "asc")),
              ])
            })),
        .init("ancestor", .boolean(status.index.includesAncestors)),
        .init("ready", .boolean(status.isReady)),
      ])
    }
  }

  struct DropIndexCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "drop", abstract: "Removes an index over several properties.",
      discussion: "Give it as to \"index create\". Queries work as before, without it.")

    @OptionGroup var address: DatabaseArgument
    @OptionGroup var argument: IndexArgument

    func run() throws {
      try reporting {
        try Store.with(address.database, .writes) { store in
          let (backend, index) = (try store.file(), argument.index)
          do {
            try Future("drop an index") { try await backend.dropIndex(index) }.checkSuccess()
          } catch let error as DatastoreError where error.code == .notFound {
            throw ToolFailure(
              .incomplete,
              "there is no index \(index); \"arrival index list\" prints those that there are")
          }
          print("\(index) is dropped")
        }
      }
    }
  }
#endif
