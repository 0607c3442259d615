// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArgumentParser
  internal import Arrival
  internal import ArrivalFormats
  internal import ArrivalDatastore

  struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "export",
      abstract: "Writes entities to standard output as JSON Lines, CSV or TSV.",
      discussion: """
        JSON Lines keep every key, type and index flag; import restores the same entities. Tables \
        are for other programs: each value becomes text, and nested values become JSON. A table \
        needs --kind. Its columns are __key__ and all properties of the kind, which are found by a \
        first pass over the entities, or the properties named by --columns. Keys include their \
        namespace, so an export with --all-namespaces can be imported as it is.

          arrival export shop.db --kind Task > tasks.jsonl
        """)

    @OptionGroup var address: DatabaseArgument
    @Option(help: "The kind to export. Default: all kinds.") var kind: String?
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

    func run() throws {
      try reporting {
        if format != .jsonl, kind == nil {
          throw ValidationError("a table holds one kind; add --kind, or use --format jsonl")
        }
        if allNamespaces, namespace != nil {
          throw ValidationError(
            "--namespace and --all-namespaces exclude each other; leave one out")
        }
        if `where` != nil, kind == nil {
          throw ValidationError("--where is a condition on the entities of one kind; add --kind")
        }
        // A mistake in the condition is found before the database is opened.
        _ = try query(in: namespace ?? "")
        try Store.with(address.database, .reads) { store in
          let namespaces = allNamespaces ? try store.namespaces() : [namespace ?? ""]
          let pages = try namespaces.map {
            Pages(results: store.datastore.query(try query(in: $0)), limit: nil)
          }
          let log = ProblemLog(ProgressPrinter(), source: address.database, command: "arrival")
          defer { log.finish() }
          let count: Int
          switch format {
          case .jsonl: count = try exportLines(pages, log)
          case .csv, .tsv: count = try exportTable(pages, log)
          }
          if count == 0, let kind, !allNamespaces {
            try store.complainIfMissing(kind, in: namespace ?? "")
          }
          if log.count > 0 {
            throw ToolFailure(
              .incomplete, "\(counted(log.count, "entity", "entities")) not written")
          }
        }
      }
    }

    private func query(in namespace: String) throws -> Query<Entity> {
      guard let kind else { return Query().inNamespace(namespace) }
      guard let condition = `where` else { return Query(kind: kind).inNamespace(namespace) }
      let name = kind.replacing("\\", with: "\\\\").replacing("`", with: "``")
      let gql = try GQLQuery("SELECT * FROM `\(name)` WHERE \(condition)", namespace: namespace)
      return Query(gql.request)
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

    private func exportTable(_ pages: [Pages<Entity>], _ log: ProblemLog) throws -> Int {
      var names: Set<ExactText> = []
      var total: Int?
      if columns == nil {
        try Self.read(pages) { entities in
          for entity in entities {
            names.formUnion(entity.properties.keys.map { ExactText($0) })
          }
          total = (total ?? 0) + entities.count
          log.progress("Collecting columns", done: total ?? 0, of: nil)
        }
      }
      let columns =
        columns.map { $0.split(separator: ",").map(String.init) } ?? names.sorted().map(\.text)
      let writer = TableWriter(format: format)
      guard let header = writer.line(["__key__"] + columns) else {
        throw ToolFailure(
          .incomplete,
          "a property's name contains a tab or a line break, which TSV cannot hold; use CSV"
        )
      }
      var output = Output()
      try output.line(header)
      var count = 0
      try Self.read(pages) { entities in
        for entity in entities {
          let fields = [entity.key?.text ?? ""] + columns.map { entity[$0]?.field ?? "" }
          if let line = writer.line(fields) {
            try output.line(line)
          } else {
            log.report([
              """
              \(fields[0]) contains a tab or a line break, which TSV cannot hold; use CSV or \
              JSON Lines
              """
            ])
          }
        }
        count += entities.count
        log.progress("Exporting", done: count, of: total)
      }
      try output.flush()
      return count
    }
  }
#endif
