// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArgumentParser
  internal import Arrival
  internal import ArrivalDatastore

  struct GetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "get", abstract: "Prints entities by key.",
      discussion: "A key without an entity is reported, and the exit code is then 1.")

    @OptionGroup var address: DatabaseArgument
    @Argument(help: "The keys, such as User/7.") var keys: [String]
    @Option(help: OutputFormat.help) var format = OutputFormat.jsonl

    func run() throws {
      try reporting {
        let keys = try keys.map { try Key(text: $0) }
        try Store.with(address.database, .reads) { store in
          // All keys are requested before the first wait, so one lookup serves them.
          let gets = keys.map { store.datastore.get($0) }
          var found: [Entity] = []
          var missing = 0
          for (key, get) in zip(keys, gets) {
            if let entity = try get.getResult() {
              found.append(entity)
            } else {
              missing += 1
              complain("arrival: there is no entity \(key.text)")
            }
          }
          let names = Set(found.lazy.flatMap(\.properties.keys).map { ExactText($0) })
          var output = EntityOutput(
            format,
            columns: format.needsColumns
              ? [EntityOutput.keyColumn] + names.sorted().map(\.text) : nil)
          try output.print(found)
          try output.finish()
          if output.unwritable > 0 { missing += output.unwritable }
          if missing > 0 { throw ToolFailure(.incomplete, nil) }
        }
      }
    }
  }
#endif
