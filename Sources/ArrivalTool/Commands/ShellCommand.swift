// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArgumentParser
  internal import Arrival
  internal import ArrivalFormats
  internal import ArrivalDatastore

  struct ShellCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "shell",
      abstract: "Reads queries in GQL from the keyboard and prints the results.",
      discussion: """
        A query ends with a semicolon or an empty line, and may extend over several lines. The \
        arrow keys move in the line and through the earlier lines, also those of earlier runs. \
        Ctrl-C gives up the line, or the query that is running; Ctrl-D ends the shell.

        \(Shell.help)
        """)

    @OptionGroup var address: DatabaseArgument
    @Option(help: "The namespace to query.") var namespace = ""
    @Option(help: OutputFormat.help) var format = OutputFormat.table

    func run() throws {
      try reporting {
        try Store.with(address.database, .reads) { store in
          var shell = Shell(
            store: store, printer: QueryPrinter(format: format, namespace: namespace),
            name: address.database)
          try shell.run()
        }
      }
    }
  }

  /// A session in which a person types queries.
  struct Shell {
    static let help = """
      .format NAME     table, vertical, csv, tsv, json or jsonl
      .kinds           lists the kinds of the namespace
      .namespace NAME  changes the namespace; without NAME, to the default one
      .help            prints this text
      .quit            ends the shell, as exit and Ctrl-D do
      """

    let store: Store
    var printer: QueryPrinter
    /// The name of the database.
    let name: String

    private var splitter = StatementSplitter()
    private var hasEnded = false
    /// The exit code of the last failure.
    private var failure: Int32?

    init(store: Store, printer: QueryPrinter, name: String) {
      self.store = store
      self.printer = printer
      self.name = name
    }

    /// Runs until the input ends.
    ///
    /// - Throws: The last failure, if the input is not a terminal.
    mutating func run() throws {
      let isInteractive = Terminal.isInteractive
      if isInteractive { complain("\(name): type a query, .help or .quit") }
      var reading = LineReading(isInteractive: isInteractive)
      while !hasEnded {
        switch try reading.next(prompt: splitter.isRestEmpty ? "gql> " : "...> ") {
        case .text(let line): try take(line)
        case .givenUp: splitter = StatementSplitter()
        case .end:
          splitter.finish()
          try runStatements()
          hasEnded = true
        }
      }
      if !isInteractive, let failure { throw ExitCode(failure) }
    }

    private mutating func take(_ line: String) throws {
      let text = line.trimmingSpaces
      if splitter.isRestEmpty {
        let words = text.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
        let first = words.first ?? ""
        if first.hasPrefix(".") || ["exit", "quit", "help"].contains(text.lowercased()) {
          return try reportingFailure { try $0.command(first.lowercased(), words.dropFirst()) }
        }
      }
      if text.isEmpty {
        splitter.finish()
      } else {
        splitter.append(line + "\n")
      }
      try runStatements()
      // Messages count lines from the beginning of a query.
      if splitter.isRestEmpty { splitter = StatementSplitter() }
    }

    private mutating func runStatements() throws {
      for statement in splitter.take() {
        try reportingFailure { shell in
          let query = try shell.printer.parse(statement)
          let interruption = Interruption(message: nil)
          shell.printer.isStopped = { interruption.isRequested }
          if try !shell.printer.run(query, in: shell.store) { throw ToolFailure(.incomplete, nil) }
        }
      }
    }

    /// Reports a failure, after which the shell goes on.
    private mutating func reportingFailure(_ body: (inout Shell) throws -> Void) throws {
      do {
        try reporting { try body(&self) }
      } catch let code as ExitCode where code.rawValue != 141 {
        failure = code.rawValue
      }
    }

    private mutating func command(_ name: String, _ arguments: ArraySlice<String>) throws {
      switch name {
      case ".quit", ".exit", "quit", "exit": hasEnded = true
      case ".help", "help": try write([Self.help])
      case ".kinds": try write(store.kinds(in: printer.namespace))
      case ".namespace": printer.namespace = arguments.joined(separator: " ")
      case ".format":
        guard let format = arguments.first.flatMap(OutputFormat.init(rawValue:)) else {
          let names = OutputFormat.allCases.map(\.rawValue).joined(separator: ", ")
          throw ToolFailure(.unreadableInput, "the formats are \(names)")
        }
        printer.format = format
      default:
        let names = [".format", ".kinds", ".namespace", ".help", ".quit"]
        let hint = Suggestion.nearest(to: name, in: names).map { "; did you mean \"\($0)\"?" }
        throw ToolFailure(
          .unreadableInput, "there is no command \"\(name)\"\(hint ?? "; .help lists them")")
      }
    }

    private func write(_ lines: [String]) throws {
      var output = Output()
      for line in lines { try output.line(Escaped(line, keepsLineFeeds: true).description) }
      try output.flush()
    }
  }

  extension String {
    /// The text without spaces at both ends.
    fileprivate var trimmingSpaces: String {
      String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
  }
#endif
