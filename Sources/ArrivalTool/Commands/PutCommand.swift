// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArgumentParser
  internal import Arrival
  internal import ArrivalDatastore

  struct PutCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "put", abstract: "Writes an entity and replaces the one under the same key.",
      discussion: """
        The entity has exactly the given properties; "arrival set" changes some and keeps the \
        others. A value is JSON, such as 5, true, [1, 2] or \
        {"key": "User/7"}; anything else is a string. The command prints the key; User/? gets a \
        new ID.

          arrival put shop.db User/7 name=Ann age=41 'since={"timestamp": "2026-11-25T04:00:00Z"}'
        """)

    @OptionGroup var address: DatabaseArgument
    @Argument(help: "The key, such as User/7, or User/? for a new ID.") var key: String
    @Argument(help: ArgumentHelp("The properties.", valueName: "name=value"))
    var properties: [String] = []
    @Option(help: "A property without an index, so that queries cannot filter by it. Repeatable.")
    var unindexed: [String] =
      []

    func run() throws {
      try reporting {
        var entity = Entity(try Key.ofData(key))
        for (name, value) in try NamedValues.read(properties, of: "a property") {
          entity[name] = value
        }
        for name in unindexed {
          guard entity[name] != nil else {
            throw ToolFailure(
              .unreadableInput, "--unindexed names \"\(name)\", but there is no such property")
          }
          entity.properties[name]?.isIndexed = false
        }
        try Store.with(address.database, .creates) { store in
          try say(try store.datastore.put(entity).getResult().text)
        }
      }
    }
  }
#endif
