// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArgumentParser
  internal import Arrival
  internal import ArrivalDatastore
  internal import DatastoreModel

  struct SetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "set", abstract: "Changes some properties of an entity and keeps the others.",
      discussion: """
        Values are written as for put. A property that exists keeps its index flag, unless \
        --indexed or --unindexed names it. All of it happens in one transaction. If there is no \
        entity, nothing is written and the exit code is 1.

          arrival set shop.db User/7 age=42 --remove nickname
        """)

    @OptionGroup var address: DatabaseArgument
    @Argument(help: "The key, such as User/7.") var key: String
    @Argument(help: ArgumentHelp("The new values.", valueName: "name=value"))
    var properties: [String] = []
    @Option(help: "A property to remove. Repeatable.") var remove: [String] = []
    @Option(help: "A property that gets no index. Repeatable.") var unindexed: [String] = []
    @Option(help: "A property that gets an index. Repeatable.") var indexed: [String] = []

    func run() throws {
      try reporting {
        let key = try Key.ofData(key)
        guard key.isComplete else {
          throw ToolFailure(
            .unreadableInput, "\(key.text) is no entity yet; put writes one with a new ID")
        }
        let change = try change()
        try Store.with(address.database, .writes) { store in
          let problem = try store.datastore.transaction { tx -> String? in
            guard var entity = try await tx.get(key).value else {
              return "there is no entity \(key.text); put writes one"
            }
            if let problem = change.apply(to: &entity) { return problem }
            tx.put(entity)
            return nil
          }.getResult()
          if let problem { throw ToolFailure(.incomplete, problem) }
          try say(key.text)
        }
      }
    }

    private func change() throws -> PropertyChange {
      let change = PropertyChange(
        values: try NamedValues.read(properties, of: "a property"), removed: remove,
        flags: unindexed.map { ($0, false) } + indexed.map { ($0, true) })
      guard !change.isEmpty else {
        throw ValidationError("there is nothing to change; give NAME=VALUE or --remove NAME")
      }
      if let name = change.contradiction {
        throw ValidationError("\"\(name)\" is to be changed in two ways; leave one out")
      }
      return change
    }
  }

  /// What `set` does to the properties of an entity. A pure value.
  struct PropertyChange: Sendable {
    var values: [(name: String, value: Value)] = []
    var removed: [String] = []
    var flags: [(name: String, isIndexed: Bool)] = []

    var isEmpty: Bool { values.isEmpty && removed.isEmpty && flags.isEmpty }

    /// A property that is removed and changed, or gets two index flags.
    var contradiction: String? {
      let kept = values.map(\.name) + flags.map(\.name)
      var seen: Set<ExactText> = []
      return removed.first { kept.containsExactly($0) }
        ?? flags.map(\.name).first { !seen.insert(ExactText($0)).inserted }
    }

    /// - Returns: Why the entity cannot be changed; `nil` if it was.
    func apply(to entity: inout Entity) -> String? {
      for (name, value) in values {
        let isIndexed = entity.properties[name]?.isIndexed ?? true
        entity.properties[name] = Entity.Property(value, isIndexed: isIndexed)
      }
      for name in removed + flags.map(\.name) where entity.properties[name] == nil {
        let known = entity.properties.keys.sorted()
        let nearest = Suggestion.nearest(to: name, in: known)
        return "\(entity.key?.text ?? "the entity") has no property \"\(name)\""
          + (nearest.map { "; did you mean \"\($0)\"?" } ?? "")
      }
      for name in removed { entity.properties[name] = nil }
      for (name, isIndexed) in flags { entity.properties[name]?.isIndexed = isIndexed }
      return nil
    }
  }

  extension Key {
    /// Reads the key of an entity that a person writes.
    ///
    /// - Throws: ``ToolFailure`` for a key in the namespace in which imports keep how far they are.
    static func ofData(_ text: String) throws -> Key {
      let key = try Key(text: text)
      guard key.namespace != Store.progressNamespace else {
        throw ToolFailure(.unreadableInput, ImportProgress.refusal)
      }
      return key
    }
  }
#endif
