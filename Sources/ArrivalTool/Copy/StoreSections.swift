// SPDX-License-Identifier: Apache-2.0
// The folder `Copy` goes through whole datastores in the order of their keys: `CopyJob` copies one
// into another, and `DiffJob` compares two.

#if SQLite
  internal import ArgumentParser
  internal import ArrivalDatastore
  internal import DatastoreModel

  /// The options that choose a part of a datastore.
  struct PartOptions: ParsableArguments {
    @Option(help: "A kind. Repeatable. Default: all kinds.") var kind: [String] = []
    @Option(help: "The namespace. Default: all namespaces.") var namespace: String?

    /// The options as a person writes them.
    var text: String {
      (kind.map { "--kind \($0)" } + [namespace.map { "--namespace '\($0)'" }].compactMap { $0 })
        .joined(separator: " ")
    }

    /// The sections of several datastores together, in order.
    func sections(of stores: Store...) throws -> [StoreSection] {
      for store in stores { try store.noteOtherDatabases() }
      var namespaces: Set<ExactText> = []
      if let namespace {
        namespaces = [ExactText(namespace)]
      } else {
        for store in stores {
          namespaces.formUnion(try store.namespaces().map { ExactText($0) })
        }
      }
      let kinds: [String?] = kind.isEmpty ? [nil] : distinctKinds
      return namespaces.sorted().flatMap { namespace in
        kinds.map { StoreSection(namespace: namespace.text, kind: $0) }
      }
    }

    private var distinctKinds: [String] {
      Set(kind.map { ExactText($0) }).sorted().map(\.text)
    }

    /// Says on standard error which of the given kinds none of the datastores has.
    func complainAboutMissingKinds(in stores: Store...) throws {
      for kind in distinctKinds {
        var isKnown = false
        var all: Set<ExactText> = []
        for store in stores {
          for namespace in try namespace.map({ [$0] }) ?? store.namespaces() {
            let kinds = try store.kinds(in: namespace)
            isKnown = isKnown || kinds.containsExactly(kind)
            all.formUnion(kinds.map { ExactText($0) })
          }
        }
        if !isKnown { complain(Store.missingKind(kind, known: all.sorted().map(\.text))) }
      }
    }
  }

  /// The entities of a namespace, or those of one kind in it, in the order of their keys.
  struct StoreSection {
    var namespace: String
    /// `nil` for all kinds.
    var kind: String?

    /// - Parameter key: The key after which to begin; `nil` for the beginning.
    func query(after key: Key? = nil) -> Query<Entity> {
      var query = kind.map { Query(kind: $0) } ?? Query()
      query = query.inNamespace(namespace).order(by: .key)
      return key.map { query.where(Property.key > .key($0)) } ?? query
    }

    /// Whether an entity is data. A datastore has statistics in kinds of its own.
    static func isData(_ key: Key?) -> Bool {
      guard let kind = key?.kind else { return true }
      return !(kind.hasPrefix("__") && kind.hasSuffix("__"))
    }
  }
#endif
