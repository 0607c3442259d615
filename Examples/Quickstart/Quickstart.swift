// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArgumentParser
  private import ArrivalFormats
  private import ArrivalDatastore
  private import DatastoreAddresses
  private import Foundation

  /// The command: reads the arguments, runs the main job and returns an exit code.
  @main
  struct Quickstart: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "quickstart",
      abstract:
        "Stores a table in a datastore and reads it back, with a future for each row, in few RPCs.",
      discussion: """
        The table is CSV or TSV with a header line. Each row is stored as an entity by its own put \
        future, and read back by its own get future in its own tasklet. The number of futures and \
        of the RPCs that served them is printed at the end.

        Exit codes: 0 all rows were stored and read back; 1 some rows were not, and each is \
        reported with its line; 2 the table cannot be read; 3 the database failed; 64 the \
        arguments are wrong.
        """)

    @Argument(
      help: "The path of the table, or - for standard input. Default: the IANA time-zone table.")
    var table: String?

    @Option(
      help: ArgumentHelp(
        """
        The database: a file, which is created if it is missing, or an address such as \
        datastore:PROJECT. Default: a temporary file.
        """,
        valueName: "address"))
    var database: String?

    @Option(
      help: ArgumentHelp(
        "The field separator: tab, comma, semicolon or one character. Default: guessed.",
        valueName: "character"))
    var delimiter: String?

    func run() throws {
      var parsing = TableParser.Configuration.default
      if let delimiter {
        guard let known = Delimiter(argument: delimiter) else {
          throw ValidationError(
            "--delimiter \"\(delimiter)\" is not tab, comma, semicolon or one ASCII character")
        }
        parsing.delimiter = known
      }
      let source =
        table.map(InputSource.init(argument:))
        ?? .bytes(PackageResources.time_zones_tsv, name: "time-zones.tsv")
      let log = ProblemLog(ProgressPrinter(), source: "\(source)", command: "quickstart")
      let reader: TableReader
      do { reader = try TableReader(source, configuration: parsing) } catch {
        log.stop(tableMessage(error))
        throw ExitCode(2)
      }
      let temporary = database == nil ? TemporaryFolder() : nil
      defer { temporary?.remove() }
      let datastore: Datastore
      do {
        datastore = try Datastore.open(
          try database ?? "sqlite:\(temporary!.make())/quickstart.db")
      } catch {
        log.stop(error)
        throw ExitCode(3)
      }
      let job = MainJob(datastore: datastore, kind: kind, log: log)
      let code: Int32
      do {
        let summary = try job.run(reader)
        for line in summary.lines { print(line) }
        if let database { print("stored in: \(database), kind \"\(kind)\"") }
        code = log.count == 0 ? 0 : 1
      } catch  where error is TableError || error is InputError {
        log.stop(tableMessage(error))
        code = 2
      } catch {
        log.stop(error)
        code = 3
      }
      job.close()
      // Thrown instead of calling exit(), so that the temporary folder is removed.
      if code != 0 { throw ExitCode(code) }
    }

    /// The kind of the entities: the name of the file without its extension.
    private var kind: String {
      guard let table, table != "-" else { return table == nil ? "time-zones" : "row" }
      let name = URL(fileURLWithPath: table).deletingPathExtension().lastPathComponent
      return name.isEmpty ? "row" : name
    }
  }

  /// A folder for the database if the user names none; it is made on first use.
  private struct TemporaryFolder {
    private let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("arrival-quickstart-\(UUID().uuidString)")

    func make() throws -> String {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
      return url.path
    }

    func remove() { try? FileManager.default.removeItem(at: url) }
  }
#else
  internal import ArrivalFormats

  /// Replaces the command if the package is built without the trait for the database.
  @main
  enum Quickstart {
    static func main() {
      ProgressPrinter().fail(
        "quickstart needs the trait SQLite; run it with swift run --traits SQLite quickstart",
        code: 3)
    }
  }
#endif
