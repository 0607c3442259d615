// SPDX-License-Identifier: Apache-2.0
#if SQLite && !Server
  internal import ArgumentParser

  /// Replaces the command in a build without the trait Server.
  struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "serve",
      abstract: "Serves a datastore to the clients of Google's Datastore API (trait Server).")

    @Argument(parsing: .captureForPassthrough) var arguments: [String] = []

    func run() throws {
      try reporting {
        throw ToolFailure(
          .database, "serve needs the trait Server: swift run --traits SQLite,Server arrival serve")
      }
    }
  }
#endif
