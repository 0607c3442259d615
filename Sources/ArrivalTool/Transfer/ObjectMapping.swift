// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArrivalFormats
  internal import ArrivalDatastore

  /// Maps JSON objects that know nothing of entities: each member becomes a property.
  ///
  /// An object inside of one becomes a nested entity, and an array stays an array.
  struct ObjectMapping: Sendable {
    private let options: MappingOptions

    init(_ options: MappingOptions) { self.options = options }

    /// Whether an object has the form that export writes.
    static func isEntity(_ members: [JSONNode.Member]) -> Bool {
      let names = Set(members.map(\.name))
      guard names.contains("properties"), names.isSubset(of: ["key", "properties", "unindexed"])
      else { return false }
      return members.contains {
        if $0.name == "properties", case .object = $0.value { true } else { false }
      }
    }

    func entity(
      of members: [JSONNode.Member], notes: inout [String]
    ) throws(RowProblem) -> Entity {
      if Self.isEntity(members) {
        throw RowProblem(
          "the object has the form of an entity, but earlier ones have not; import them separately")
      }
      let keyName = options.key ?? "__key__"
      var entity = Entity(options.newKey)
      var hasKey = false
      for member in members {
        if member.name == keyName {
          entity.key = try key(of: member)
          hasKey = true
          continue
        }
        entity.properties[member.name] = Entity.Property(
          try value(of: member, &notes), isIndexed: !options.unindexed.contains(member.name))
      }
      if !hasKey, let key = options.key {
        throw RowProblem("the object has no member \(key.debugDescription), which names the entity")
      }
      return entity
    }

    private func key(of member: JSONNode.Member) throws(RowProblem) -> Key {
      if options.key == nil {
        if options.kind != nil || options.namespace != nil {
          throw RowProblem(
            """
            the member "__key__" holds a whole key with its kind and namespace; leave out \
            \(options.kind != nil ? "--kind" : "--namespace")
            """)
        }
        guard case .string(let text) = member.value else {
          throw RowProblem("\"__key__\" must be a whole key, such as \"User/7\"")
        }
        do throws(TextError) {
          return try Key(text: text)
        } catch {
          throw RowProblem("\"__key__\": \(error.message): \(text.debugDescription)")
        }
      }
      let type = options.types[member.name]
      switch member.value {
      case .integer(let id) where type == .string:
        return Key(options.kind ?? options.defaultKind, name: "\(id)", namespace: options.namespace)
      case .integer(let id) where id != 0:
        return Key(options.kind ?? options.defaultKind, id: id, namespace: options.namespace)
      case .string(let name) where type == .integer:
        do throws(RowProblem) {
          return try options.key(of: name)
        } catch {
          throw RowProblem("\(member.name.debugDescription): \(error.message)")
        }
      case .string(let name) where !name.isEmpty:
        return Key(options.kind ?? options.defaultKind, name: name, namespace: options.namespace)
      default:
        throw RowProblem(
          """
          \(member.name.debugDescription) names the entity and must be an integer other than 0 or \
          a string that is not empty
          """)
      }
    }

    private func value(
      of member: JSONNode.Member, _ notes: inout [String]
    ) throws(RowProblem) -> Value {
      guard let type = options.types[member.name] else { return Self.value(of: member.value) }
      switch (type, member.value) {
      case (_, .null): return .null
      case (.double, .integer(let integer)):
        guard let double = Double(exactly: integer) else {
          throw RowProblem(
            "\(member.name.debugDescription): the double nearest to \(integer) differs from it")
        }
        return .double(double)
      case (.double, .double), (.integer, .integer), (.boolean, .boolean):
        return Self.value(of: member.value)
      case (_, .string(let text)):
        var fieldNotes = FieldNotes()
        do throws(RowProblem) {
          let value = try type.value(of: text, &fieldNotes)
          let name = member.name.debugDescription
          if fieldNotes.lacksOffset {
            notes.append("\(name): \(text.debugDescription) has no offset and was read as UTC")
          }
          if fieldNotes.wasCut {
            notes.append("\(name): \(text.debugDescription) was cut to microseconds")
          }
          return value
        } catch {
          throw RowProblem("\(member.name.debugDescription): \(error.message)")
        }
      default:
        throw RowProblem(
          "\(member.name.debugDescription) is \(member.value.typeName), not \(type.example)")
      }
    }

    private static func value(of node: JSONNode) -> Value {
      switch node {
      case .null: .null
      case .boolean(let flag): .boolean(flag)
      case .integer(let number): .integer(number)
      case .double(let number): .double(number)
      case .string(let text): .string(text)
      case .array(let nodes): .array(nodes.map { value(of: $0) })
      case .object(let members):
        .entity(
          Entity(
            nil,
            // The reader of JSON refuses two members of one name.
            Entity.Properties(
              members.map { ($0.name, Entity.Property(value(of: $0.value))) })))
      }
    }
  }
#endif
