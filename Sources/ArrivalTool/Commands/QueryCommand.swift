// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArgumentParser
  internal import Arrival
  internal import ArrivalFormats
  internal import ArrivalDatastore

  struct QueryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "query",
      abstract: "Runs a GQL query and prints the results.",
      discussion: """
        The values of @1, @2 and so on follow the query; --bind gives the values of named \
        parameters. A value is JSON, such as 5, 2.5, true, null, [1, 2] or {"timestamp": \
        "2026-11-25T04:00:00Z"}; anything else is a string.

          arrival query shop.db 'SELECT * FROM Task WHERE done = @1 ORDER BY due LIMIT 10' false
        """)

    @OptionGroup var address: DatabaseArgument
    @Argument(help: "The query.") var gql: String
    @Argument(help: "The values of @1, @2 and so on.") var values: [String] = []
    @Option(help: ArgumentHelp("The value of @NAME. Repeatable.", valueName: "name=value"))
    var bind: [String] = []
    @Option(help: "The namespace to query.") var namespace = ""
    @Option(help: "A table, or one entity per line in JSON.") var format = OutputFormat.table
    @Flag(help: "Show the indexes used and what was read, instead of the results.")
    var explain = false

    func run() throws {
      try reporting {
        var named: [String: GQLQuery.Binding] = [:]
        for binding in bind {
          guard let sign = binding.firstIndex(of: "="), sign > binding.startIndex else {
            throw ToolFailure(.unreadableInput, "--bind needs NAME=VALUE, not \"\(binding)\"")
          }
          named[String(binding[..<sign])] = .value(
            try ArgumentValue.read(String(binding[binding.index(after: sign)...])))
        }
        let query = try GQLQuery(
          gql, bindings: values.map { .value(try ArgumentValue.read($0)) }, named: named,
          namespace: namespace)
        try Store.with(address.database, .reads) { store in
          var output = EntityOutput(format)
          let results = store.datastore.query(Query(query.request))
          if explain {
            try Self.print(try results.explain(analyze: true).getResult(), &output)
          } else if query.aggregations.isEmpty {
            try Pages(results: results, limit: query.request.limit).read { try output.print($0) }
            if output.count == 0, let kind = query.request.kind {
              try store.complainIfMissing(kind, in: namespace)
            }
          } else {
            let values = try results.aggregate(query.aggregations).getResult()
            try Self.print(query.aliases, values, &output)
          }
        }
      }
    }

    private static func print(_ metrics: ExplainMetrics, _ output: inout EntityOutput) throws {
      let stats = metrics.executionStats
      switch output.format {
      case .json:
        let indexes = metrics.indexesUsed.map { index in
          JSONNode.object([
            JSONNode.Member("properties", .string(index.properties)),
            JSONNode.Member("query_scope", .string(index.queryScope)),
          ])
        }
        var members = [JSONNode.Member("indexes_used", .array(indexes))]
        for (name, value) in (stats?.debugStats ?? [:]).sorted(by: { $0.key < $1.key }) {
          members.append(JSONNode.Member(name, .string(value)))
        }
        try output.line(JSONNode.object(members).text)
      case .table:
        if metrics.indexesUsed.isEmpty { try output.line("index: none") }
        for index in metrics.indexesUsed { try output.line("index: \(index.properties)") }
        guard let stats else { return }
        try output.line("results: \(stats.resultsReturned) in \(stats.executionDuration)")
        for (name, value) in stats.debugStats.sorted(by: { $0.key < $1.key }) {
          let words = name.split(separator: "_").joined(separator: " ")
          try output.line("\(words): \(value)")
        }
      }
    }

    private static func print(
      _ names: [String], _ values: [Value], _ output: inout EntityOutput
    ) throws {
      switch output.format {
      case .json:
        let members = zip(names, values).map { JSONNode.Member($0, EntityJSON.node(of: $1)) }
        try output.line(JSONNode.object(members).text)
      case .table:
        let table = TextTable(
          header: names, rightAligned: Set(names.indices), rows: [values.map(\.field)])
        for line in table.lines { try output.line(line) }
      }
    }
  }

  /// A value on the command line.
  enum ArgumentValue {
    /// Parses a value: JSON keeps its type, and anything else is a string.
    ///
    /// A number that does not fit is refused.
    static func read(_ text: String) throws -> Value {
      let node: JSONNode
      do throws(JSONProblem) {
        node = try JSONReader.read(Array(text.utf8))
      } catch  where error.isNumber {
        throw ToolFailure(.unreadableInput, "\(error.message): \(text)")
      } catch {
        return .string(text)
      }
      var notes: [String] = []
      do throws(JSONProblem) {
        let value = try EntityJSON.value(of: node, in: text, notes: &notes)
        for note in notes { complain("arrival: \(note)") }
        return value
      } catch {
        throw ToolFailure(.unreadableInput, error.message)
      }
    }
  }
#endif
