#if SQLite
  internal import ArgumentParser

  /// The `arrival` command. Its subcommands do the work.
  @main
  struct ArrivalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "arrival",
      abstract: "Queries and changes a datastore, and imports and exports its entities.",
      discussion: """
        DATABASE is the path of a database file or an address: sqlite:PATH, datastore:PROJECT or \
        datastore:PROJECT/DATABASE. The last two mean Google Cloud Datastore, or the emulator that \
        DATASTORE_EMULATOR_HOST names; they need a build with --traits SQLite,Cloud.

        A key is written Kind/ID or Kind/name, after its ancestors: Group/staff/User/7. A \
        namespace comes first, followed by a colon: archive:User/7. Quote a name with double \
        quotes if it has slashes or spaces or consists of digits.

        Exit codes: 0 success; 1 partial success, or something was missing or damaged (each case \
        is reported on standard error); 2 unreadable input: a file, a key, a value or GQL; 3 the \
        database failed; 4 the output could not be written; 64 wrong arguments; 130 stopped by \
        Ctrl-C.

        "arrival --generate-completion-script bash" (or zsh, fish) prints a completion script.
        """,
      subcommands: [
        QueryCommand.self, GetCommand.self, PutCommand.self, DeleteCommand.self,
        ImportCommand.self, ExportCommand.self, StatsCommand.self, CheckCommand.self,
        BackupCommand.self, RestoreCommand.self, VacuumCommand.self, IndexCommand.self,
      ])
  }
#else
  internal import ArrivalFormats

  /// Replaces the command in a build without the trait SQLite.
  @main
  enum ArrivalCommand {
    static func main() {
      ProgressPrinter().fail(
        "arrival needs the trait SQLite: swift run --traits SQLite arrival", code: 3)
    }
  }
#endif
