// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArgumentParser
  internal import Arrival
  internal import ArrivalDatastore
  internal import ArrivalFormats
  internal import DatastoreModel

  struct KindsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "kinds", abstract: "Lists kinds with their properties and types.",
      discussion: """
        The command reads all entities of the kinds, and counts how many have each property, with \
        which types, and without an index.

          arrival kinds shop.db --kind Order
        """)

    @OptionGroup var address: DatabaseArgument
    @OptionGroup var part: PartOptions
    @Option(help: "A table, or one kind per line in JSON.") var format = ReportFormat.table

    func run() throws {
      try reporting {
        try Store.with(address.database, .reads) { store in
          let log = ProblemLog(ProgressPrinter(), source: address.database, command: "arrival")
          var survey = KindSurvey()
          for section in try part.sections(of: store) {
            let pages = Pages(results: store.datastore.query(section.query()), limit: nil)
            try pages.read { page in
              for entity in page where StoreSection.isData(entity.key) { survey.add(entity) }
              log.progress("Reading", done: survey.count, of: nil, noun: "entity")
            }
          }
          log.finish()
          var output = Output()
          switch format {
          case .json: for node in survey.nodes { try output.line(node.text) }
          case .table where survey.count == 0 && part.kind.isEmpty:
            complain("arrival: there are no entities")
          case .table: for line in survey.table.lines { try output.line(line) }
          }
          try output.flush()
          try part.complainAboutMissingKinds(in: store)
        }
      }
    }
  }

  /// The properties of kinds, with the types of their values. A pure value.
  struct KindSurvey {
    private struct Name: Hashable, Comparable {
      var namespace: ExactText
      var kind: ExactText

      init(_ key: Key) {
        namespace = ExactText(key.namespace)
        kind = ExactText(key.kind)
      }

      static func < (a: Name, b: Name) -> Bool { (a.namespace, a.kind) < (b.namespace, b.kind) }
    }

    private struct Property {
      var types: [String: Int] = [:]
      var unindexed = 0

      mutating func add(_ property: Entity.Property) {
        types[KindSurvey.type(of: property.value), default: 0] += 1
        if !property.isIndexed { unindexed += 1 }
      }
    }

    private struct Kind {
      var entities = 0
      var properties: [ExactText: Property] = [:]

      mutating func add(_ entity: Entity) {
        entities += 1
        for (name, property) in entity.properties {
          properties[ExactText(name), default: Property()].add(property)
        }
      }
    }

    private var kinds: [Name: Kind] = [:]
    private(set) var count = 0

    mutating func add(_ entity: Entity) {
      guard let key = entity.key else { return }
      count += 1
      kinds[Name(key), default: Kind()].add(entity)
    }

    private static func type(of value: Value) -> String {
      switch value {
      case .null: "null"
      case .boolean: "boolean"
      case .integer: "integer"
      case .double: "double"
      case .string: "string"
      case .bytes: "bytes"
      case .timestamp: "timestamp"
      case .key: "key"
      case .geoPoint: "geoPoint"
      case .array: "array"
      case .entity: "entity"
      }
    }

    /// One line for each property, and one for a kind without properties.
    var table: TextTable {
      let hasNamespaces = kinds.keys.contains { !$0.namespace.text.isEmpty }
      var table = TextTable(
        header: (hasNamespaces ? ["namespace"] : []) + ["kind", "property", "values", "unindexed"],
        rightAligned: [hasNamespaces ? 4 : 3])
      for (name, kind) in kinds.sorted(by: { $0.key < $1.key }) {
        let start = (hasNamespaces ? [name.namespace.text] : []) + [name.kind.text]
        if kind.properties.isEmpty { table.rows.append(start + ["", "", ""]) }
        for (property, found) in kind.properties.sorted(by: { $0.key < $1.key }) {
          table.rows.append(
            start + [
              property.text, Self.shown(found.types),
              found.unindexed == 0 ? "" : grouped(found.unindexed),
            ])
        }
      }
      return table
    }

    /// `12 integer, 3 null`, the most frequent first.
    private static func shown(_ types: [String: Int]) -> String {
      types.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        .map { "\(grouped($0.value)) \($0.key)" }.joined(separator: ", ")
    }

    /// One object for each kind.
    var nodes: [JSONNode] {
      func number(_ name: String, _ number: Int) -> JSONNode.Member {
        .init(name, .integer(Int64(number)))
      }
      return kinds.sorted { $0.key < $1.key }.map { name, kind in
        .object([
          .init("namespace", .string(name.namespace.text)), .init("kind", .string(name.kind.text)),
          number("entities", kind.entities),
          .init(
            "properties",
            .array(
              kind.properties.sorted { $0.key < $1.key }.map { property, found in
                .object([
                  .init("name", .string(property.text)),
                  .init(
                    "types",
                    .object(found.types.sorted { $0.key < $1.key }.map { number($0.key, $0.value) })
                  ), number("unindexed", found.unindexed),
                ])
              })),
        ])
      }
    }
  }
#endif
