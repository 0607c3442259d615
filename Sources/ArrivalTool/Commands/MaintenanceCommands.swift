// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArgumentParser
  internal import Arrival
  internal import ArrivalFormats
  internal import DatastoreSQLite

  struct StatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "stats", abstract: "Prints the entities, bytes and index entries of each kind.",
      discussion: "Bytes are the stored sizes of keys and entities, without indexes and free space."
    )

    @OptionGroup var address: DatabaseArgument
    @Option(help: "A table, or one JSON object.") var format = ReportFormat.table

    func run() throws {
      try reporting {
        try Store.with(address.database, .reads) { store in
          let backend = try store.file()
          let stats = try Future("statistics") { try await backend.contents() }.getResult()
          var output = Output()
          switch format {
          case .json: try output.line(Self.node(stats).text)
          case .table: for line in Self.lines(stats) { try output.line(line) }
          }
          try output.flush()
        }
      }
    }

    private static func lines(_ stats: SQLiteBackend.Contents) -> [String] {
      let hasDatabases = stats.kinds.contains { !$0.database.isEmpty }
      let numbers = hasDatabases ? [3, 4, 5] : [2, 3, 4]
      var table = TextTable(
        header: (hasDatabases ? ["database"] : [])
          + ["namespace", "kind", "entities", "bytes", "index entries"],
        rightAligned: Set(numbers))
      for kind in stats.kinds {
        table.rows.append(
          (hasDatabases ? [kind.database] : []) + [
            kind.namespace, kind.kind, grouped(kind.entities), grouped(kind.bytes),
            grouped(kind.indexEntries),
          ])
      }
      let entities = stats.kinds.reduce(0) { $0 + $1.entities }
      return table.lines + [
        "",
        "\(counted(entities, "entity", "entities")) in \(counted(stats.kinds.count, "kind")); "
          + "the file has \(grouped(stats.fileBytes)) bytes, "
          + "\(grouped(stats.freeBytes)) of them free",
      ]
    }

    private static func node(_ stats: SQLiteBackend.Contents) -> JSONNode {
      func number(_ name: String, _ number: Int) -> JSONNode.Member {
        .init(name, .integer(Int64(number)))
      }
      return .object([
        .init(
          "kinds",
          .array(
            stats.kinds.map { kind in
              .object([
                .init("database", .string(kind.database)),
                .init("namespace", .string(kind.namespace)), .init("kind", .string(kind.kind)),
                number("entities", kind.entities), number("bytes", kind.bytes),
                number("indexEntries", kind.indexEntries),
              ])
            })), number("fileBytes", stats.fileBytes), number("freeBytes", stats.freeBytes),
      ])
    }
  }

  struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "check", abstract: "Reads the whole file and reports damage.",
      discussion: """
        The command checks the structure of the file, reads each entity, and compares the indexes \
        with the entities. Other processes can use the file meanwhile. The exit code is 1 if \
        anything is wrong.
        """)

    @OptionGroup var address: DatabaseArgument

    func run() throws {
      try reporting {
        try Store.with(address.database, .reads) { store in
          let backend = try store.file()
          let report = try Future("check") { try await backend.check() }.getResult()
          for problem in report.problems { complain("arrival: \(problem)") }
          if report.problems.isEmpty {
            try say(
              "\(counted(report.entities, "entity", "entities")) and "
                + "\(counted(report.indexEntries, "index entry", "index entries")) are in order")
          } else {
            throw ToolFailure(
              .incomplete,
              "the database is damaged: \(counted(report.problems.count, "problem")) found"
                + (report.isCutShort ? ", and there may be more" : "")
                + ". Copy the file with its -wal file, then restore a backup with \"arrival "
                + "restore\", or save what can be read with \"arrival export\"")
          }
        }
      }
    }
  }

  struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "backup", abstract: "Copies the database to a new file while it is in use.",
      discussion: """
        The copy is a consistent snapshot and an ordinary database file. It appears only when it \
        is complete. An existing file is not overwritten. The database is checked first, as \
        "arrival check" does. A damaged one is backed up all the same, and the exit code is 1.
        """)

    @OptionGroup var address: DatabaseArgument
    @Argument(help: "The new file.", completion: .file()) var file: String

    func run() throws {
      try reporting {
        try Store.with(address.database, .reads) { store in
          let (backend, file) = (try store.file(), file)
          if Store.isFolder(file) {
            throw ToolFailure(
              .database, "\"\(file)\" is a folder; give the path of a new file in it")
          }
          if Store.exists(address: "sqlite:\(file)") {
            // The engine would say so after the check.
            try Future("backup") { try await backend.backup(to: file) }.checkSuccess()
          }
          let report = try Future("check") { try await backend.check() }.getResult()
          try Future("backup") { try await backend.backup(to: file) }.checkSuccess()
          try say("backed up to \(file)")
          if let problem = report.problems.first {
            throw ToolFailure(
              .incomplete,
              """
              \(address.database) is damaged, and so is the backup: \(problem); keep older \
              backups, and see "arrival check"
              """)
          }
        }
      }
    }
  }

  struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "restore", abstract: "Replaces the contents of a database with a backup.",
      discussion: """
        The backup is checked first and is not changed. Either all of it is in the database \
        afterwards, or the database is as it was. Stop all programs that have the database open. \
        A missing database is created.
        """)

    @OptionGroup var address: DatabaseArgument
    @Argument(help: "The backup, or any other database file.", completion: .file()) var backup:
      String

    func run() throws {
      try reporting {
        let path = try Store.path(ofFile: address.database)
        guard try !Store.areSame(address.database, "sqlite:\(backup)") else {
          throw ToolFailure(
            .unreadableInput, "\(path) and \(backup) are the same file; give the backup's path")
        }
        try SQLiteBackend.restore(path, from: backup)
        try say("restored \(path) from \(backup)")
      }
    }
  }

  struct VacuumCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "vacuum", abstract: "Rewrites the file without free space.",
      discussion: "Needs as much free disk space as the file has, and blocks writers while it runs."
    )

    @OptionGroup var address: DatabaseArgument

    func run() throws {
      try reporting {
        try Store.with(address.database, .writes) { store in
          let backend = try store.file()
          let sizes = try Future("vacuum") {
            let before = try await backend.fileBytes()
            try await backend.vacuum()
            return (before, try await backend.fileBytes())
          }.getResult()
          try say("\(grouped(sizes.0)) bytes before, \(grouped(sizes.1)) after")
        }
      }
    }
  }
#endif
