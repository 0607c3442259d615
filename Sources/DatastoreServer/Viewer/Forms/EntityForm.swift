// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import ArrivalDatastore
  internal import ArrivalFormats
  internal import DatastoreModel

  /// An entity as a form: what is in its fields, and what is wrong with them.
  struct EntityForm: Sendable, Hashable {
    struct Row: Sendable, Hashable {
      var name = ""
      /// Whether the entity has the property already, so that its name is fixed.
      var isKnown = false
      var text = PropertyText(.string, "")
      /// A type that no form offers, which a program has sent.
      var unknownType: String?
      var isIndexed = true
      var isRemoved = false
      var problem = ""
    }

    /// The key as text.
    var key: String
    /// Whether the entity is to be inserted.
    var isNew: Bool
    /// The version of the entity that the form shows.
    var version: Int64?
    var rows: [Row] = []
    var keyProblem = ""

    init(_ entity: Entity) {
      key = entity.key?.text ?? ""
      isNew = false
      version = entity.version
      rows = entity.properties.sortedByName().map { name, property in
        Row(
          name: name, isKnown: true, text: PropertyText(property.value),
          isIndexed: property.isIndexed)
      }
    }

    /// The form for a new entity.
    init(newKey: String) {
      key = newKey
      isNew = true
      rows = [Row()]
    }

    /// The most rows that are read. An entity has no more indexed values.
    private static let maxRows = 20_000

    /// Reads the fields that a browser sends.
    init(_ fields: FormFields) {
      // A form may have thousands of fields, which are found by name.
      let values = Dictionary(fields.all.map { ($0.name, $0.value) }) { first, _ in first }
      key = values["key"] ?? ""
      isNew = values["new"] != nil
      version = values["version"].flatMap { Int64($0) }
      let count = min(values["rows"].flatMap { Int($0) } ?? 0, Self.maxRows)
      for index in 0..<max(count, 0) {
        var row = Row()
        if let known = values["k\(index)"],
          case .string(let name)? = try? JSONReader.read(
            Array(known.utf8))
        {
          row.name = name
          row.isKnown = true
        } else {
          row.name = values["n\(index)"] ?? ""
        }
        row.text.text = values["v\(index)"] ?? ""
        if let type = values["t\(index)"] {
          if let sort = PropertyText.Sort(rawValue: type) {
            row.text.sort = sort
          } else {
            row.unknownType = type
          }
        }
        row.isIndexed = values["i\(index)"] != nil
        row.isRemoved = values["r\(index)"] != nil
        rows.append(row)
      }
    }

    /// The entity that the form describes; `nil` if a field is wrong, which the form then says.
    ///
    /// A value that was not edited is taken from the stored entity as it is.
    mutating func entity(stored: Entity?) -> Entity? {
      var entity = Entity()
      var isRight = true
      do throws(TextError) {
        entity.key = try Key(text: key.trimmed)
      } catch {
        keyProblem = "\(error.message)."
        isRight = false
      }
      for index in rows.indices where !rows[index].isRemoved {
        let row = rows[index]
        if row.name.isEmpty, row.text.text.isEmpty { continue }
        do throws(PropertyText.Problem) {
          guard !row.name.isEmpty else { throw .init("The property needs a name.") }
          guard entity.properties[row.name] == nil else {
            throw .init("Another row has the same name.")
          }
          if let type = row.unknownType {
            throw .init("There is no type \"\(type.clipped())\". Choose one of the list.")
          }
          entity.properties[row.name] = try Self.property(row, stored?.properties[row.name])
        } catch {
          rows[index].problem = error.sentence
          isRight = false
        }
      }
      return isRight ? entity : nil
    }

    private static func property(
      _ row: Row, _ stored: Entity.Property?
    ) throws(PropertyText.Problem) -> Entity.Property {
      guard var kept = stored, PropertyText(kept.value).sort == row.text.sort else {
        return Entity.Property(try row.text.value(), isIndexed: row.isIndexed)
      }
      kept.isIndexed = row.isIndexed
      let entered = row.text.text.replacing("\r\n", with: "\n")
      if !identicalText(PropertyText(kept.value).text, entered) {
        kept.value = try row.text.value().keepingMeanings(of: kept.value)
      }
      return kept
    }
  }

  extension Value {
    /// The value with the meanings that properties inside of the old one have, which no form shows.
    fileprivate func keepingMeanings(of old: Value) -> Value {
      switch (self, old) {
      case (.entity(var entity), .entity(let old)):
        for (name, was) in old.properties {
          guard var property = entity.properties[name] else { continue }
          property.meaning = was.meaning
          property.value = property.value.keepingMeanings(of: was.value)
          entity.properties[name] = property
        }
        return .entity(entity)
      case (.array(let values), .array(let old)) where values.count == old.count:
        return .array(zip(values, old).map { $0.keepingMeanings(of: $1) })
      default: return self
      }
    }
  }
#endif
