// SPDX-License-Identifier: Apache-2.0
#if Server
  import ArrivalDatastore
  import DatastoreModel
  import Testing

  @testable import DatastoreServer

  /// Pages made of values alone, without a server.
  @Suite struct ViewerPageTests {
    /// Text that would be a script, an attribute or an entity, if it were not escaped.
    private static let hostile = #"<script>alert(1)</script>" onfocus="x' &amp; </textarea>"#

    private let place = ViewerPlace(
      DatabaseName(project: hostile, database: "d"), namespace: hostile, kind: hostile)

    /// The names of the elements of a page, and of their attributes.
    private func names(_ html: HTML) -> Set<String> {
      var names: Set<String> = []
      var isInTag = false
      var isQuoted = false
      var word = ""
      for character in html.text {
        switch character {
        case "<" where !isQuoted: (isInTag, word) = (true, "")
        case "\"" where isInTag: isQuoted.toggle()
        case ">" where isInTag && !isQuoted, " " where isInTag && !isQuoted,
          "=" where isInTag && !isQuoted, "\n" where isInTag && !isQuoted:
          if !word.isEmpty { names.insert(word) }
          word = ""
          if character == ">" { isInTag = false }
        default: if isInTag, !isQuoted { word.append(character) }
        }
      }
      return names
    }

    private var entity: Entity {
      let values: [Value] = [
        .null, true, 7, 2.5, .string(Self.hostile), .bytes([1, 2]),
        .timestamp(Timestamp(microseconds: 0)), .key(Key(Self.hostile, name: Self.hostile)),
        .geoPoint(GeoPoint(latitude: 1, longitude: 2)), .array([.string(Self.hostile)]),
        .entity(Entity(nil, [Self.hostile: .indexed(.string(Self.hostile))])),
      ]
      var entity = Entity(Key(Self.hostile, name: Self.hostile, namespace: Self.hostile))
      for (index, value) in values.enumerated() {
        entity.properties["\(Self.hostile)\(index)"] = .indexed(value)
      }
      return entity
    }

    private var pages: [ViewerPage] {
      var form = EntityForm(entity)
      form.keyProblem = Self.hostile
      form.rows.append(.init(name: Self.hostile, problem: Self.hostile))
      var new = form
      new.isNew = true
      let notice = ViewerPage.Notice.failure(Self.hostile, excerpt: Self.hostile)
      let token = "token"
      let key = entity.key ?? Key("K", id: 1)
      return [
        DatabasesPage(databases: []).page, DatabasesPage(databases: [place.database]).page,
        KindsPage(
          place: place, namespaces: ["", Self.hostile],
          kinds: [.init(name: Self.hostile, entities: 3), .init(name: "b")], notice: notice
        ).page,
        EntitiesPage(
          place: place, query: Self.hostile,
          results: .entities([entity], first: 2, next: QueryCursor(bytes: [1])), total: 9,
          notice: notice, token: token
        ).page,
        EntitiesPage(
          place: place, query: Self.hostile,
          results: .values([(name: Self.hostile, value: .string(Self.hostile))]), token: token
        ).page,
        EntityPage(place: place, form: form, stored: entity, notice: notice, token: token).page,
        EntityPage(place: place, form: new, notice: .success(Self.hostile), token: token).page,
        DeletePage(place: place, keys: [key], token: token).page,
        ImportPage(place: place, notice: notice, maxBytes: 1 << 20, token: token).page,
      ]
    }

    @Test func `Stored text adds no element and no attribute to a page`() {
      let known: Set<String> = [
        "!DOCTYPE", "html", "lang", "head", "/head", "meta", "charset", "name", "content", "title",
        "/title", "link", "rel", "href", "script", "src", "defer", "/script", "body", "a", "class",
        "/a", "header", "nav", "aria-label", "ol", "li", "/li", "bdi", "/bdi", "/ol", "/nav",
        "/header", "main", "id", "h1", "/h1", "/main", "/body", "/html", "p", "/p", "form",
        "action",
        "method", "label", "input", "/label", "button", "/button", "/form", "div", "tabindex",
        "role", "table", "thead", "tr", "th", "scope", "/th", "/tr", "/thead", "tbody", "td", "/td",
        "/tbody", "/table", "/div", "details", "summary", "/summary", "/details", "required",
        "autocomplete", "placeholder", "select", "/select", "option", "value", "selected",
        "/option",
        "download", "type", "rows", "spellcheck", "autocapitalize", "textarea", "/textarea", "for",
        "aria-describedby", "small", "/small", "fieldset", "/fieldset", "legend", "/legend",
        "checked", "aria-invalid", "hidden", "data-selects-all", "data-max-bytes", "span", "/span",
        "dl", "dt", "dd",
        "/dl", "/dt", "/dd", "ul", "/ul", "pre", "/pre", "enctype", "code", "/code", "DOCTYPE",
      ]
      for page in pages {
        let html = page.document
        #expect(names(html).subtracting(known) == [])
        #expect(!html.text.contains("<script>alert"))
        #expect(!html.text.contains("onfocus=\"x"))
        // The only script is that of the viewer, the only form goes to this server.
        #expect(html.text.split(separator: "<script").count == 2)
        #expect(!html.text.contains("href=\"http") && !html.text.contains("src=\"http"))
      }
    }

    @Test func `No page shows its own markup as text`() {
      for page in pages {
        for name in ["p", "pre", "input", "td", "th", "tr", "div", "a", "button", "small", "li"] {
          #expect(!page.document.text.contains("&lt;\(name)>"))
          #expect(!page.document.text.contains("&lt;\(name) "))
        }
      }
    }

    @Test func `Every address of a page stays on the server`() {
      for page in pages {
        for part in page.document.text.split(separator: "href=\"").dropFirst() {
          #expect(
            part.hasPrefix("/") && !part.hasPrefix("//") || part.hasPrefix("#main\"")
              || part.hasPrefix("data:,\""))
        }
        for part in page.document.text.split(separator: "action=\"").dropFirst() {
          #expect(part.hasPrefix("/data"))
        }
      }
    }

    @Test func `Every field of a form has a label`() {
      for page in pages {
        for part in page.document.text.split(separator: "<input ").dropFirst()
        where !part.hasPrefix("type=\"hidden\"") {
          let before = page.document.text[..<part.startIndex].suffix(80)
          let tag = part.prefix { $0 != ">" }
          #expect(
            before.contains("<label") || tag.contains("aria-label") || tag.contains("id=\"key\""))
        }
      }
    }

    @Test(arguments: ["<", ">", "&", "\"", "'", "\r", "\0"])
    func `A character with a meaning is escaped`(_ character: String) {
      let piece: HTML = "\(character)"
      #expect(piece.text != character && !piece.text.isEmpty)
    }

    @Test func `An address makes a round trip`() throws {
      let fields: [FormFields.Field] = [.init("a b", Self.hostile), .init("ü", "+%&=#?\u{1F600}")]
      let address = ViewerAddress("/data", fields).description
      let query = address.dropFirst("/data?".count)
      #expect(try #require(FormFields(encoded: query)).all == fields)
      #expect(FormFields(encoded: "a=%zz") == nil)
      #expect(FormFields(encoded: "a=%ff") == nil)
      #expect(FormFields(encoded: "")?.all == [])
    }

    @Test func `Each kind can be seen and clicked, whatever its name is`() {
      let names = [" ", "\u{A0}\u{3000}", "\n", "\u{202E}abc", "a b", "\u{200B}"]
      for name in names {
        let label = ViewerPlace.label(ofName: name)
        #expect(label.contains { !$0.isWhitespace }, "\(name.debugDescription)")
        #expect(!label.unicodeScalars.contains { $0 == "\n" || $0 == "\u{202E}" })
      }
    }

    @Test func `A key in a table and in a form leads to its entity`() {
      let other = Key("Other", name: "x/y", namespace: "n")
      let place = ViewerPlace(DatabaseName(project: "p"), kind: "Task")
      let entity = Entity(Key("Task", id: 1), ["to": .indexed(.key(other))])
      let link = "href=\"\(place.entityAddress(other).description.replacing("&", with: "&amp;"))\""
      let table = EntitiesPage(
        place: place, query: "SELECT * FROM Task",
        results: .entities([entity], first: 1, next: nil),
        token: "")
      #expect(table.page.document.text.contains(link))
      let form = EntityPage(place: place, form: EntityForm(entity), stored: entity, token: "")
      #expect(form.page.document.text.contains(link))
    }
  }
#endif
