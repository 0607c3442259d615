#if SQLite
  internal import ArgumentParser
  internal import Arrival
  internal import Datastore

  struct PutCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "put", abstract: "Writes an entity, in place of the one of its key.",
      discussion: """
        It has the properties given and no others. A value is JSON, such as 5, true, [1, 2] or \
        {"key": "User/7"}; anything else is a string. The key is printed; that of User/? gets an ID.

          arrival put shop.db User/7 name=Ann age=41 'since={"timestamp": "2026-11-25T04:00:00Z"}'
        """)

    @OptionGroup var address: DatabaseArgument
    @Argument(help: "The key, such as User/7, or User/? for a new ID.") var key: String
    @Argument(help: ArgumentHelp("The properties.", valueName: "name=value"))
    var properties: [String] = []
    @Option(help: "A property that queries cannot find; may be repeated.") var unindexed: [String] =
      []

    func run() throws {
      try reporting {
        var entity = Entity(try Key(text: key))
        for property in properties {
          guard let sign = property.firstIndex(of: "="), sign > property.startIndex else {
            throw ToolFailure(
              .unreadableInput, "a property is given as NAME=VALUE, not \"\(property)\"")
          }
          entity[String(property[..<sign])] = try ArgumentValue.read(
            String(property[property.index(after: sign)...]))
        }
        for name in unindexed {
          guard entity[name] != nil else {
            throw ToolFailure(
              .unreadableInput, "--unindexed names \"\(name)\", and no such property is given")
          }
          entity.properties[name]?.isIndexed = false
        }
        try Store.with(address.database, .creates) { store in
          var output = EntityOutput(.json)
          try output.line(try store.datastore.put(entity).getResult().text)
        }
      }
    }
  }
#endif
