// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArgumentParser
  internal import Arrival
  internal import ArrivalFormats
  internal import ArrivalDatastore
  internal import DatastoreModel
  internal import DatastoreSQLite

  struct IndexCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "index", abstract: "Creates, lists and drops composite indexes.",
      discussion: """
        Each property has an index of its own, and every query works without a composite index. A \
        composite index speeds up queries that compare some properties with = and order by others: \
        such a query then reads only its results. Name the compared properties first, then the \
        orders:

          arrival index create shop.db Account city balance:desc
          arrival query shop.db 'SELECT * FROM Account WHERE city = @1 ORDER BY balance DESC' Oslo

        For Google Cloud Datastore, declare indexes in index.yaml and use \
        "gcloud datastore indexes".
        """,
      subcommands: [CreateIndexCommand.self, ListIndexesCommand.self, DropIndexCommand.self])
  }

  /// The arguments that name an index.
  struct IndexArgument: ParsableArguments {
    @Argument(help: "The kind.") var kind: String
    @Argument(
      help: ArgumentHelp(
        "The properties in order; NAME:desc for descending order.", valueName: "property"))
    var properties: [String]
    @Flag(help: "Use the index for queries with an ancestor, and only for those.") var ancestor =
      false

    var index: SQLiteBackend.Index {
      SQLiteBackend.Index(
        kind: kind, properties.map(Self.order), includesAncestors: ancestor)
    }

    /// Says on standard error which properties no entity has.
    func reportDoubts(in store: Store) throws {
      let known = try store.datastore.properties(ofKind: kind).getResult().map(\.name)
      for order in properties.map(Self.order) where !known.containsExactly(order.property) {
        let others = Suggestion.listed(known, nearestTo: order.property, noun: "other")
        complain(
          """
          arrival: no entity of kind \(kind) has an indexed property "\(order.property)" yet\
          \(known.isEmpty ? "" : "; there are \(others)")
          """)
      }
    }

    /// Refuses what looks like a mistyped direction.
    func validateDirections() throws {
      for text in properties {
        guard let colon = text.lastIndex(of: ":"), colon > text.startIndex else { continue }
        let ending = String(text[text.index(after: colon)...])
        guard !["asc", "desc"].contains(ending),
          Suggestion.nearest(to: ending, in: ["asc", "desc"]) != nil
        else { continue }
        let nearest = ending.lowercased().hasPrefix("d") ? "desc" : "asc"
        throw ValidationError(
          """
          "\(text)": did you mean \(text[..<colon]):\(nearest)? A property of this name is \
          written \(text):asc
          """)
      }
    }

    /// Only the suffixes :asc and :desc have a meaning, because names may contain colons.
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
      commandName: "create", abstract: "Creates a composite index.",
      discussion: """
        The command returns when queries use the index. Other programs can use the database \
        meanwhile. If the command is interrupted, run it again to continue, or run "index drop" to \
        give up.
        """)

    @OptionGroup var address: DatabaseArgument
    @OptionGroup var argument: IndexArgument

    func run() throws {
      try argument.validateDirections()
      try reporting {
        try Store.with(address.database, .writes) { store in
          let (backend, index) = (try store.file(), argument.index)
          try Future("create an index") { try await backend.createIndex(index) }.checkSuccess()
          try say("\(index) is ready")
          try argument.reportDoubts(in: store)
        }
      }
    }
  }

  struct ListIndexesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "Prints the composite indexes.")

    @OptionGroup var address: DatabaseArgument
    @Option(help: "A table, or one index per line in JSON.") var format = ReportFormat.table

    func run() throws {
      try reporting {
        try Store.with(address.database, .reads) { store in
          let backend = try store.file()
          let indexes = try Future("indexes") { try await backend.indexes() }.getResult()
          var output = Output()
          switch format {
          case .json: for index in indexes { try output.line(Self.node(index).text) }
          case .table where indexes.isEmpty:
            complain("arrival: there are no composite indexes")
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

    /// The arguments with which "create" and "drop" name the index.
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
      commandName: "drop", abstract: "Removes a composite index.",
      discussion:
        "Takes the same arguments as \"index create\". Queries work without the index too.")

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
              "there is no index \(index); \"arrival index list\" prints the existing ones")
          }
          try say("\(index) is dropped")
        }
      }
    }
  }
#endif
