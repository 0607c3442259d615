// SPDX-License-Identifier: Apache-2.0
#if SQLite
  public import DatastoreModel

  extension SQLiteBackend {
    /// A composite index: an index over several properties of a kind, in all namespaces.
    ///
    /// It serves queries that compare its first properties with `==` or `IN`, and are ordered by
    /// the remaining ones, all in its directions or all in reverse. The first of the remaining
    /// properties may also be compared with `<`, `<=`, `>` or `>=`. Such a query reads only what it
    /// returns. A query without a fitting index finds the same.
    ///
    /// An entity without one of the properties, or with one of them unindexed, has no row. If
    /// properties hold arrays, each combination of their values is a row.
    public struct Index: Sendable, Hashable, CustomStringConvertible {
      /// The kind.
      public var kind: String
      /// The properties, those compared with `==` first. A nested property is `outer.inner`.
      public var properties: [QueryOrder]
      /// Whether it serves only queries for the descendants of a key.
      public var includesAncestors: Bool

      /// Defines an index; ``SQLiteBackend/createIndex(_:)`` creates it.
      ///
      /// - Parameters:
      ///   - kind: The kind.
      ///   - properties: The properties, at least two; with ancestors, at least one.
      ///   - includesAncestors: Whether it serves only queries with an ancestor.
      public init(kind: String, _ properties: [QueryOrder], includesAncestors: Bool = false) {
        self.kind = kind
        self.properties = properties
        self.includesAncestors = includesAncestors
      }

      /// Whether kind, properties and ancestors are the same.
      public static func == (a: Index, b: Index) -> Bool {
        identicalText(a.kind, b.kind) && a.properties == b.properties
          && a.includesAncestors == b.includesAncestors
      }

      /// Hashes kind, properties and ancestors.
      public func hash(into hasher: inout Hasher) {
        hasher.combine(ExactText(kind))
        hasher.combine(properties)
        hasher.combine(includesAncestors)
      }

      /// Kind and properties, such as `Account(city, balance desc)`.
      public var description: String {
        let names =
          (includesAncestors ? ["ancestor"] : [])
          + properties.map { $0.direction == .descending ? "\($0.property) desc" : $0.property }
        return "\(kind)(\(names.joined(separator: ", ")))"
      }
    }

    /// A composite index of a file, and whether it is ready.
    public struct IndexStatus: Sendable, Hashable {
      /// The index.
      public var index: Index
      /// Whether queries use it. If not, it is being built or dropped, or that was interrupted.
      public var isReady: Bool
    }
  }

  extension SQLiteBackend.Index {
    private static let maxProperties = 100

    /// - Throws: `DatastoreError` with `invalidArgument` if the index breaks a rule.
    func check() throws(DatastoreError) {
      func refusal(_ text: String) -> DatastoreError {
        DatastoreError(.invalidArgument, "The index \(self) \(text)")
      }
      guard 1...Limits.nameBytes ~= kind.utf8.count else {
        throw refusal("has no usable kind. Give it one of 1 to \(Limits.nameBytes) bytes.")
      }
      let least = includesAncestors ? 1 : 2
      guard properties.count >= least else {
        throw refusal(
          "has too few properties: at least \(least). Each property alone is indexed anyway.")
      }
      guard properties.count <= Self.maxProperties else {
        throw refusal("has over \(Self.maxProperties) properties. Leave some out.")
      }
      for (position, property) in properties.enumerated() {
        let name = property.property
        guard name != QueryRequest.keyProperty else {
          throw refusal("names __key__. Leave it out: rows with equal values are in its order.")
        }
        guard 1...Limits.nameBytes ~= name.utf8.count else {
          throw refusal("has a property without a usable name of 1 to \(Limits.nameBytes) bytes.")
        }
        guard !properties[..<position].contains(where: { identicalText($0.property, name) })
        else { throw refusal("names \"\(name)\" twice. Name it once.") }
      }
    }
  }
#endif
