// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArgumentParser
  internal import Arrival
  internal import ArrivalFormats
  internal import ArrivalDatastore
  internal import DatastoreModel

  struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "export",
      abstract: "Writes entities to standard output as JSON Lines, CSV or TSV.",
      discussion: """
        JSON Lines keep every key, type and index flag; import restores the same entities. Tables \
        are for other programs: each value becomes text, and nested values become JSON. A table \
        needs --kind. Its columns are __key__ and all properties of the kind, which are found by a \
        first pass over the entities, or the properties named by --columns. __key__ is the first \
        column unless --columns has it elsewhere or --no-key leaves it out. Keys include their \
        namespace, so an export with --all-namespaces can be imported as it is.

          arrival export shop.db --kind Task > tasks.jsonl
        """)

    @OptionGroup var address: DatabaseArgument
    @Option(help: "A kind to export. Repeatable. Default: all kinds.") var kind: [String] = []
    @Option(help: "The namespace. Default: the default namespace, which has no name.")
    var namespace: String?
    @Flag(help: "Export all namespaces.") var allNamespaces = false
    @Option(help: "The format of the output.") var format = DataFormat.jsonl
    @Option(
      help: ArgumentHelp(
        "Export only entities that fulfil a condition of GQL, such as 'done = true'.",
        valueName: "condition"))
    var `where`: String?
    @Option(help: ArgumentHelp("The columns of a table, separated by commas.", valueName: "names"))
    var columns: String?
    @Flag(help: "Write a table without the column of the keys.") var noKey = false

    func run() throws {
      try reporting {
        if format != .jsonl, Set(kind.map { ExactText($0) }).count != 1 {
          throw ValidationError("a table holds one kind; name it with --kind, or write JSON Lines")
        }
        if format == .jsonl, columns != nil || noKey {
          throw ValidationError(
            "\(noKey ? "--no-key" : "--columns") is an option for tables; add --format csv")
        }
        if allNamespaces, namespace != nil {
          throw ValidationError(
            "--namespace and --all-namespaces exclude each other; leave one out")
        }
        if `where` != nil, kind.isEmpty {
          throw ValidationError("--where is a condition on the entities of a kind; add --kind")
        }
        // A mistake is found before the database is opened.
        _ = try requests(in: namespace ?? "")
        let columns = try columnNames()
        try Store.with(address.database, .reads) { store in
          if allNamespaces || kind.isEmpty { try store.noteOtherDatabases() }
          let namespaces = allNamespaces ? try store.namespaces() : [namespace ?? ""]
          let requests = try namespaces.flatMap { try self.requests(in: $0) }
          let pages = requests.map {
            Pages(results: store.datastore.query(Query<Entity>($0)), limit: nil)
          }
          let log = ProblemLog(ProgressPrinter(), source: address.database, command: "arrival")
          defer { log.finish() }
          let count: Int
          switch format {
          case .jsonl: count = try exportLines(pages, log)
          case .csv, .tsv: count = try exportTable(pages, columns, log)
          }
          if !allNamespaces {
            for request in requests {
              store.reportDoubts(about: request, found: kind.count > 1 ? 0 : count)
            }
          }
          if log.count > 0 {
            throw ToolFailure(
              .incomplete, "\(counted(log.count, "entity", "entities")) not written")
          }
        }
      }
    }

    private func requests(in namespace: String) throws -> [QueryRequest] {
      if kind.isEmpty { return [QueryRequest(namespace: namespace)] }
      return try Set(kind.map { ExactText($0) }).sorted().map(\.text).map { kind in
        guard let condition = `where` else { return QueryRequest(kind: kind, namespace: namespace) }
        let name = kind.replacing("\\", with: "\\\\").replacing("`", with: "``")
        let request = try GQLQuery(
          "SELECT * FROM `\(name)` WHERE \(condition)", namespace: namespace
        ).request
        guard request.orders.isEmpty, request.limit == nil, request.offset == 0 else {
          throw ToolFailure(
            .unreadableInput, "--where is a condition alone; leave out what follows it")
        }
        return request
      }
    }

    /// The names of `--columns`.
    private func columnNames() throws -> [String]? {
      guard let names = columns?.split(separator: ",").map(String.init) else { return nil }
      var seen: Set<ExactText> = []
      if let twice = names.first(where: { !seen.insert(ExactText($0)).inserted }) {
        throw ValidationError("--columns names \"\(twice)\" twice; leave one out")
      }
      return names
    }

    private static func read(_ pages: [Pages<Entity>], _ body: ([Entity]) throws -> Void) throws {
      for pages in pages { try pages.read(body) }
    }

    private func exportLines(_ pages: [Pages<Entity>], _ log: ProblemLog) throws -> Int {
      var output = Output()
      var count = 0
      try Self.read(pages) { entities in
        for entity in entities { try output.line(EntityJSON.node(of: entity).text) }
        count += entities.count
        log.progress("Exporting", done: count, of: nil)
      }
      try output.flush()
      return count
    }

    private func exportTable(
      _ pages: [Pages<Entity>], _ chosen: [String]?, _ log: ProblemLog
    ) throws -> Int {
      var names: Set<ExactText> = []
      var total: Int?
      if chosen == nil {
        try Self.read(pages) { entities in
          for entity in entities {
            names.formUnion(entity.properties.keys.map { ExactText($0) })
          }
          total = (total ?? 0) + entities.count
          log.progress("Collecting columns", done: total ?? 0, of: nil)
        }
      }
      let keyColumn = EntityOutput.keyColumn
      var columns = chosen ?? names.sorted().map(\.text)
      if noKey {
        columns.removeAll { $0 == keyColumn }
      } else if !columns.contains(keyColumn) {
        columns.insert(keyColumn, at: 0)
      }
      let writer = TableWriter(format: format)
      guard let header = writer.line(columns) else {
        throw ToolFailure(
          .incomplete,
          "a property's name contains a tab or a line break, which TSV cannot hold; use CSV"
        )
      }
      var output = Output()
      try output.line(header)
      var count = 0
      var empty = Set(columns.map { ExactText($0) }).subtracting([ExactText(keyColumn)])
      try Self.read(pages) { entities in
        for entity in entities {
          let properties = entity.properties.keys.map { ExactText($0) }
          if !empty.isEmpty { empty.subtract(properties) }
          if chosen != nil { names.formUnion(properties) }
          let fields = columns.map {
            $0 == keyColumn ? entity.key?.text ?? "" : entity[$0]?.field ?? ""
          }
          if let line = writer.line(fields) {
            try output.line(line)
          } else {
            log.report([TableWriter.omission(of: entity)])
          }
        }
        count += entities.count
        log.progress("Exporting", done: count, of: total)
      }
      try output.flush()
      if count > 0 { try refuse(empty.sorted().map(\.text), among: names.sorted().map(\.text)) }
      return count
    }

    /// Fails if `--columns` names properties that no entity has.
    private func refuse(_ unknown: [String], among names: [String]) throws {
      if unknown.isEmpty { return }
      for name in unknown {
        let known = Suggestion.listed(names, nearestTo: name, noun: "other")
        complain(
          """
          arrival: column "\(name)" is empty: no entity of kind \(kind[0]) has this property; \
          there are \(known)
          """)
      }
      throw ToolFailure(.incomplete, nil)
    }
  }
#endif
