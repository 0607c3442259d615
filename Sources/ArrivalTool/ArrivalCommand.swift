// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArgumentParser
  internal import Arrival
  internal import ArrivalFormats

  /// The `arrival` command. Its subcommands do the work.
  @main
  struct ArrivalCommand: ParsableCommand {
    /// The version that `--version` prints: that of the changelog's newest section.
    static let version = "unreleased"

    static let configuration = CommandConfiguration(
      commandName: "arrival",
      abstract: "Queries and changes a datastore, and imports and exports its entities.",
      discussion: """
        DATABASE is the path of a database file or an address: sqlite:PATH, datastore:PROJECT or \
        datastore:PROJECT/DATABASE. The last two mean Google Cloud Datastore, or the emulator that \
        DATASTORE_EMULATOR_HOST or @HOST:PORT at the end of the address names; they need a build \
        with --traits SQLite,Cloud.

        A key is written Kind/ID or Kind/name, after its ancestors: Group/staff/User/7. A \
        namespace comes first, followed by a colon: archive:User/7. Quote a name with double \
        quotes if it has slashes or spaces or consists of digits.

        Exit codes: 0 success; 1 partial success, or something was missing or damaged (each case \
        is reported on standard error); 2 unreadable input: a file, a key, a value or GQL; 3 the \
        database failed; 4 the output could not be written; 64 wrong arguments; 130 stopped by \
        Ctrl-C.

        "arrival --generate-completion-script bash" (or zsh, fish) prints a completion script.
        """,
      version: version,
      subcommands: [
        QueryCommand.self, ShellCommand.self, GetCommand.self, PutCommand.self, SetCommand.self,
        DeleteCommand.self,
        ImportCommand.self, ExportCommand.self, CopyCommand.self, DiffCommand.self,
        KindsCommand.self, StatsCommand.self, CheckCommand.self,
        BackupCommand.self, RestoreCommand.self, VacuumCommand.self, IndexCommand.self,
        ServeCommand.self,
      ])
  }

  // MARK: Running

  extension ArrivalCommand {
    /// Runs the command that the arguments name.
    static func main() {
      // The main thread waits for a file, and no tasklet needs it meanwhile. On a slow disk a
      // diagnostic would say that it seems stuck.
      Diagnostic.setHandler { _ in }
      refuseBrokenArguments()
      let arguments = Array(CommandLine.arguments.dropFirst())
      refuseUnknownCommand(arguments)
      do {
        var command = try parseAsRoot(arguments)
        if let problem = RepeatedOptions.problem(in: arguments, of: command) {
          fail(problem, usageOf: type(of: command))
        }
        do {
          try command.run()
        } catch let error as ValidationError {
          // The package would show the usage of the root.
          fail(error.message, usageOf: type(of: command))
        }
      } catch {
        guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
        complain(ArgumentMessage.text(fullMessage(for: error)))
        exit(withError: ExitCode.validationFailure)
      }
    }

    private static func fail(_ message: String, usageOf command: any ParsableCommand.Type) -> Never
    {
      complain("arrival: \(message)\nUsage: \(usageString(for: command))")
      exit(withError: ExitCode.validationFailure)
    }

    /// Refuses arguments that are not UTF-8, which would be repaired silently.
    private static func refuseBrokenArguments() {
      for (index, argument) in UnsafeBufferPointer(
        start: CommandLine.unsafeArgv, count: Int(CommandLine.argc)
      ).enumerated() {
        guard let argument, String(validatingCString: argument) == nil else { continue }
        ProgressPrinter().fail(
          "arrival: argument \(index) is not valid UTF-8: \(String(cString: argument))",
          code: ToolFailure.Code.unreadableInput.rawValue)
      }
    }

    private static func refuseUnknownCommand(_ arguments: [String]) {
      var known: any ParsableCommand.Type = ArrivalCommand.self
      for argument in arguments.first == "help" ? arguments.dropFirst() : arguments[...] {
        let commands: [any ParsableCommand.Type] = known.configuration.subcommands
        var names: [String] = []
        for command in commands { names.append(command.configuration.commandName ?? "") }
        guard !names.isEmpty, !argument.hasPrefix("-") else { return }
        if let index = names.firstIndex(of: argument) {
          known = commands[index]
          continue
        }
        var hint = ""
        if let nearest = Suggestion.nearest(to: argument, in: names) {
          hint = "; did you mean \"\(nearest)\"?"
        }
        fail("there is no command \"\(argument)\"\(hint)", usageOf: known)
      }
    }
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
