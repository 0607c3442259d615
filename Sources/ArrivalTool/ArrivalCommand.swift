#if SQLite
  internal import ArgumentParser

  /// The command: everything is in its subcommands.
  @main
  struct ArrivalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "arrival",
      abstract: "Looks into a datastore, changes it, and moves data in and out.",
      discussion: """
        DATABASE is the path of a database file, or an address: sqlite:PATH, datastore:PROJECT or \
        datastore:PROJECT/DATABASE, which is Google Cloud Datastore or what DATASTORE_EMULATOR_HOST names. \
        A build with --traits SQLite,Cloud has both.

        A key is written Kind/ID or Kind/name, with ancestors \
        before it: Group/staff/User/7. A namespace comes first, with a colon: archive:User/7. What \
        holds slashes, spaces or digits alone stands in double quotes.

        Exit codes: 0 done; 1 done in part, or not all was found or in order, each case reported on \
        standard error; 2 an input cannot be read: a file, a key, a value or GQL; 3 the database failed; \
        4 the output cannot be written; 64 wrong arguments; 130 stopped by Ctrl-C.

        "arrival --generate-completion-script bash" (or zsh, fish) prints a completion script.
        """,
      subcommands: [
        QueryCommand.self, GetCommand.self, PutCommand.self, DeleteCommand.self,
        ImportCommand.self, ExportCommand.self, StatsCommand.self, CheckCommand.self,
        BackupCommand.self, VacuumCommand.self, IndexCommand.self,
      ])
  }
#else
  internal import ArrivalFormats

  /// Stands in when the package is built without the trait that brings the database.
  @main
  enum ArrivalCommand {
    static func main() {
      ProgressPrinter().fail(
        "arrival needs the trait SQLite: swift run --traits SQLite arrival", code: 3)
    }
  }
#endif
