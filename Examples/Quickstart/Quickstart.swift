#if SQLite
  internal import ArgumentParser
  private import ArrivalFormats
  private import ArrivalDatastore
  private import DatastoreAddresses
  private import Foundation

  /// The command: reads the arguments, runs the main job and turns its outcome into an exit code.
  @main
  struct Quickstart: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "quickstart",
      abstract: "Stores a table in a datastore and reads it back, one future a row, in few RPCs.",
      discussion: """
        The table is CSV or TSV with a header line. Each row becomes an entity through a put \
        future of its own, and comes back through a get future of its own, asked for by a tasklet \
        of its own. What the futures were served by is printed at the end.

        Exit codes: 0 all rows stored and read back; 1 some rows were not, each reported with its \
        line; 2 the table cannot be read; 3 the database failed; 64 wrong arguments.
        """)

    @Argument(
      help: "The table's path; - for standard input; without it the IANA time-zone table.")
    var table: String?

    @Option(
      help: ArgumentHelp(
        """
        The database: a file, made if there is none, or an address such as datastore:PROJECT. \
        Without it: a temporary file.
        """,
        valueName: "address"))
    var database: String?

    @Option(
      help: ArgumentHelp(
        "What separates fields: tab, comma, semicolon or one character. Default: guessed.",
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
        table.map(TableSource.init(argument:))
        ?? .bytes(PackageResources.time_zones_tsv, name: "time-zones.tsv")
      let log = ProblemLog(ProgressPrinter(), source: "\(source)")
      let reader: TableReader
      do { reader = try TableReader(source, configuration: parsing) } catch {
        log.stop("\(error)")
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
      } catch let error as TableError {
        log.stop("\(error)")
        code = 2
      } catch {
        log.stop(error)
        code = 3
      }
      job.close()
      // Thrown rather than exited with, so that the temporary folder goes.
      if code != 0 { throw ExitCode(code) }
    }

    /// The kind of the entities: the file's name without its ending.
    private var kind: String {
      guard let table, table != "-" else { return table == nil ? "time-zones" : "row" }
      let name = URL(fileURLWithPath: table).deletingPathExtension().lastPathComponent
      return name.isEmpty ? "row" : name
    }
  }

  /// A folder for a database that is not asked for by name; made on first use.
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

  /// Stands in when the package is built without the trait that brings the database.
  @main
  enum Quickstart {
    static func main() {
      ProgressPrinter().fail(
        "quickstart needs the trait SQLite: swift run --traits SQLite quickstart", code: 3)
    }
  }
#endif
