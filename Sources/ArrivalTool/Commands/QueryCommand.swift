// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArgumentParser
  internal import Arrival
  internal import ArrivalFormats
  internal import ArrivalDatastore

  struct QueryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "query",
      abstract: "Runs queries in GQL and prints the results.",
      discussion: """
        The query is the argument, or standard input if the argument is - or missing, or a file \
        (--file). A file may have several queries, each with a semicolon at its end, and comments \
        that begin with two hyphens. "arrival shell" reads queries from the keyboard.

        The values of @1, @2 and so on follow the query; --bind gives the values of named \
        parameters. A value is JSON, such as 5, 2.5, true, null, [1, 2] or {"timestamp": \
        "2026-11-25T04:00:00Z"}; anything else is a string.

        On a terminal, a table is cut to the terminal's width; the other formats, and a table that \
        goes to a file or a pipe, have every value whole.

          arrival query shop.db 'SELECT * FROM Task WHERE done = @1 ORDER BY due LIMIT 10' false
        """)

    @OptionGroup var address: DatabaseArgument
    @Argument(help: "The query, or - for standard input.") var gql: String?
    @Argument(help: "The values of @1, @2 and so on.") var values: [String] = []
    @Option(help: "A file with queries.", completion: .file()) var file: String?
    @Option(help: ArgumentHelp("The value of @NAME. Repeatable.", valueName: "name=value"))
    var bind: [String] = []
    @Option(help: "The namespace to query.") var namespace = ""
    @Option(help: OutputFormat.help) var format: OutputFormat?
    @Flag(help: "Print each property on a line of its own, as --format vertical does.")
    var vertical = false
    @Flag(help: "Show the indexes used and what was read, instead of the results.")
    var explain = false

    func run() throws {
      try reporting {
        if vertical, let format, format != .vertical {
          throw ValidationError("--vertical and --format exclude each other; leave one out")
        }
        var printer = QueryPrinter(
          format: vertical ? .vertical : format ?? .table, namespace: namespace)
        printer.explains = explain
        printer.named = try named()
        var numbered = values
        if file != nil, let gql { numbered.insert(gql, at: 0) }
        printer.values = try numbered.enumerated().map {
          .value(try ArgumentValue.read($1, of: "@\($0 + 1)"))
        }
        let statements = try statements()
        try requireUse(of: printer, in: statements)
        let queries = try statements.map { try printer.parse($0) }
        try Store.with(address.database, .reads) { store in
          var isComplete = true
          for (index, query) in queries.enumerated() {
            if index > 0 { try printer.printSeparator() }
            if try !printer.run(query, in: store) { isComplete = false }
          }
          if !isComplete { throw ToolFailure(.incomplete, nil) }
        }
      }
    }

    /// Refuses values that no query has a place for, which would be ignored.
    private func requireUse(of printer: QueryPrinter, in statements: [String]) throws {
      let names = printer.values.indices.map { "@\($0 + 1)" } + printer.named.keys.map { "@\($0)" }
      if let name = names.sorted().first(where: { name in
        !statements.contains { $0.contains(name) }
      }) {
        throw ToolFailure(.unreadableInput, "a value of \(name) is given, and no query has \(name)")
      }
    }

    private func named() throws -> [String: GQLQuery.Binding] {
      let bindings = try NamedValues.read(bind, of: "--bind")
      return Dictionary(uniqueKeysWithValues: bindings.map { ($0.name, .value($0.value)) })
    }

    private func statements() throws -> [String] {
      let text: String
      let source: InputSource
      if file == nil, let gql, gql != "-" {
        text = gql
        source = .bytes([], name: "the query")
      } else {
        source = file.map { InputSource(argument: $0) } ?? .standardInput
        if source == .standardInput, gql == nil, Terminal.isInteractive {
          throw ValidationError(
            "the query is missing; \"arrival shell \(address.database)\" reads queries from the "
              + "keyboard")
        }
        text = try TextFile.read(source)
      }
      var splitter = StatementSplitter()
      splitter.append(text)
      splitter.finish()
      if splitter.statements.isEmpty {
        throw ToolFailure(.unreadableInput, "\(source): there is no query")
      }
      return splitter.statements
    }
  }

  /// Runs queries and prints their results.
  struct QueryPrinter {
    var format: OutputFormat
    var namespace: String
    var values: [GQLQuery.Binding] = []
    var named: [String: GQLQuery.Binding] = [:]
    /// Whether to print how queries are answered, instead of their results.
    var explains = false
    /// Called between pages; the query ends if it returns `true`.
    var isStopped: () -> Bool = { false }

    func parse(_ text: String) throws -> GQLQuery {
      try GQLQuery(text, bindings: values, named: named, namespace: namespace)
    }

    /// Prints what stands between the results of two queries.
    func printSeparator() throws {
      if format == .json || format == .jsonl { return }
      var output = Output()
      try output.line("")
      try output.flush()
    }

    /// Runs a query.
    ///
    /// - Returns: Whether all results could be printed.
    func run(_ query: GQLQuery, in store: Store) throws -> Bool {
      let results = store.datastore.query(Query(query.request))
      if explains {
        let explanation =
          query.aggregations.isEmpty
          ? results.explain(analyze: true)
          : results.explain(query.aggregations, analyze: true)
        try print(try explanation.getResult())
        return true
      }
      guard query.aggregations.isEmpty else {
        let values = try results.aggregate(query.aggregations).getResult()
        try print(query.aliases, values)
        store.reportDoubts(about: query.request, found: 1)
        return true
      }
      let pages = Pages(results: results, limit: query.request.limit)
      var columns = query.request.projection.isEmpty ? nil : query.request.projection
      if columns == nil, format.needsColumns {
        var names: Set<ExactText> = []
        try read(pages) {
          for entity in $0 { names.formUnion(entity.properties.keys.map { ExactText($0) }) }
        }
        columns = [EntityOutput.keyColumn] + names.sorted().map(\.text)
      }
      var output = EntityOutput(format, columns: columns)
      try read(pages) { try output.print($0) }
      try output.finish()
      store.reportDoubts(about: query.request, found: output.count)
      return output.unwritable == 0
    }

    private func read(_ pages: Pages<Entity>, _ body: ([Entity]) throws -> Void) throws {
      try pages.read { page in
        if isStopped() { throw ToolFailure(.interrupted, nil) }
        try body(page)
      }
    }

    private func print(_ metrics: ExplainMetrics) throws {
      var output = Output()
      let stats = metrics.executionStats
      let details = (stats?.debugStats ?? [:]).sorted { $0.key < $1.key }
      if format == .json || format == .jsonl {
        let indexes = metrics.indexesUsed.map { index in
          JSONNode.object([
            JSONNode.Member("properties", .string(index.properties)),
            JSONNode.Member("query_scope", .string(index.queryScope)),
          ])
        }
        let members =
          [JSONNode.Member("indexes_used", .array(indexes))]
          + details.map { JSONNode.Member($0.key, .string($0.value)) }
        try output.line(JSONNode.object(members).text)
        return try output.flush()
      }
      if metrics.indexesUsed.isEmpty { try output.line("index: none") }
      for index in metrics.indexesUsed { try output.line("index: \(index.properties)") }
      if let stats {
        try output.line("results: \(stats.resultsReturned) in \(stats.executionDuration)")
        for (name, value) in details {
          let words = name.split(separator: "_").joined(separator: " ")
          try output.line("\(words): \(value)")
        }
      }
      try output.flush()
    }

    private func print(_ names: [String], _ values: [Value]) throws {
      if format == .json || format == .jsonl {
        // In the order of the query.
        let members = zip(names, values).map { JSONNode.Member($0, EntityJSON.node(of: $1)) }
        var output = Output()
        let text = JSONNode.object(members).text
        try output.line(format == .json ? "[\n\(text)\n]" : text)
        return try output.flush()
      }
      var result = Entity()
      for (name, value) in zip(names, values) { result[name] = value }
      var output = EntityOutput(format, columns: names)
      try output.print([result])
      try output.finish()
    }
  }
#endif
