// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import ArrivalDatastore

  /// The address of a page: a path and its fields.
  struct ViewerAddress: Sendable, Hashable, CustomStringConvertible {
    var path: String
    var fields: [FormFields.Field]

    init(_ path: String, _ fields: [FormFields.Field] = []) {
      self.path = path
      self.fields = fields
    }

    /// The address with another field, unless its value is empty.
    func adding(_ name: String, _ value: String) -> ViewerAddress {
      value.isEmpty ? self : ViewerAddress(path, fields + [.init(name, value)])
    }

    /// The form that links have.
    var description: String {
      if fields.isEmpty { return path }
      return path + "?"
        + fields.map { "\(Self.encoded($0.name))=\(Self.encoded($0.value))" }
        .joined(separator: "&")
    }

    private static func encoded(_ text: String) -> String {
      var result = ""
      for byte in text.utf8 {
        let isPlain =
          48...57 ~= byte || 65...90 ~= byte || 97...122 ~= byte
          || [0x2D, 0x2E, 0x5F, 0x7E].contains(byte)
        if isPlain {
          result.unicodeScalars.append(Unicode.Scalar(byte))
        } else {
          let digits = String(byte, radix: 16, uppercase: true)
          result += byte < 16 ? "%0\(digits)" : "%\(digits)"
        }
      }
      return result
    }
  }

  /// What a page is about: a database, and within it a namespace and a kind.
  struct ViewerPlace: Sendable, Hashable {
    var database: DatabaseName
    var namespace = ""
    var kind: String?

    init(_ database: DatabaseName, namespace: String = "", kind: String? = nil) {
      self.database = database
      self.namespace = namespace
      self.kind = kind
    }

    /// `nil` if the fields name no project.
    init?(_ fields: FormFields) {
      guard let project = fields["project"], !project.isEmpty else { return nil }
      database = DatabaseName(project: project, database: fields["database"] ?? "")
      namespace = fields["namespace"] ?? ""
      kind = fields["kind"].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The place as hidden fields of a form.
    var fields: [FormFields.Field] {
      var fields: [FormFields.Field] = [.init("project", database.project)]
      if !database.database.isEmpty { fields.append(.init("database", database.database)) }
      if !namespace.isEmpty { fields.append(.init("namespace", namespace)) }
      if let kind { fields.append(.init("kind", kind)) }
      return fields
    }

    func address(_ path: String) -> ViewerAddress { ViewerAddress(path, fields) }

    /// The page with the kinds of the namespace.
    var kindsAddress: ViewerAddress {
      ViewerPlace(database, namespace: namespace).address("/data")
    }

    /// The page of an entity.
    func entityAddress(_ key: Key) -> ViewerAddress {
      ViewerPlace(database).address("/data/entity").adding("key", key.text)
    }

    /// The place of an entity.
    func place(of key: Key) -> ViewerPlace {
      ViewerPlace(database, namespace: key.namespace, kind: key.kind)
    }
  }
#endif
