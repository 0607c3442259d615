// SPDX-License-Identifier: Apache-2.0
#if Server
  import ArrivalDatastore
  import DatastoreModel
  import Testing

  @testable import DatastoreServer

  @Suite struct ViewerFormTests {
    static let values: [Value] = [
      .null, true, false, 0, -7, .integer(.max), .integer(.min), 2.5, .double(1e300),
      .double(-0.0), .double(.infinity), .double(-.infinity), .string(""), .string("a\nb"),
      .string("\n leading and trailing \n"), .string("\u{1}\r\n\0"), .string("<é>\u{202E}"),
      .bytes([]), .bytes([0, 255, 3]), .timestamp(Timestamp(microseconds: 1_234_567)),
      .key(Key("Task", name: "a/b \"c\"", namespace: "n")), .key(Key("Task", id: -5)),
      .geoPoint(GeoPoint(latitude: -52.5, longitude: 13.25)), .array([]),
      .array([1, 1.0, .null, .string("\r"), .key(Key("A", id: 1))]),
      .entity(Entity(Key("In", id: 3), ["x": .unindexed(1), "y": .indexed(.array([true]))])),
    ]

    /// What a browser sends for a text: each line feed as two characters.
    private func sent(_ text: String) -> String {
      String(
        text.unicodeScalars.flatMap { $0 == "\n" ? ["\r", "\n"] : [$0] as [Unicode.Scalar] }
          .reduce(into: String.UnicodeScalarView()) { $0.append($1) })
    }

    @Test(arguments: values)
    func `A value makes a round trip through a form`(_ value: Value) throws {
      let shown = PropertyText(value)
      #expect(try PropertyText(shown.sort, sent(shown.text)).value() == value)
    }

    @Test(arguments: [
      (PropertyText.Sort.integer, "1.5"), (.integer, ""), (.integer, "9223372036854775808"),
      (.double, "x"), (.double, "1e999"), (.boolean, "maybe"), (.timestamp, "yesterday"),
      (.bytes, "%"), (.key, "Task"), (.geoPoint, "1"), (.geoPoint, "a, b"), (.array, "{}"),
      (.array, "[1"), (.entity, "[]"), (.json, "text"), (.array, #"[{"what": 1}]"#),
    ])
    func `A text that is no value says why`(_ sort: PropertyText.Sort, _ text: String) {
      let error = #expect(throws: PropertyText.Problem.self) {
        try PropertyText(sort, text).value()
      }
      #expect(error?.sentence.isEmpty == false)
    }

    /// The fields of a form as a browser sends them.
    private func fields(_ form: EntityForm) -> FormFields {
      var fields: [FormFields.Field] = [
        .init("key", form.key), .init("rows", "\(form.rows.count)"),
      ]
      if let version = form.version { fields.append(.init("version", "\(version)")) }
      for (index, row) in form.rows.enumerated() {
        if row.isKnown {
          let name = row.name.debugDescription.replacing("\\u{01}", with: "\\u0001")
          fields.append(.init("k\(index)", name))
        } else {
          fields.append(.init("n\(index)", row.name))
        }
        fields.append(.init("t\(index)", row.text.sort.rawValue))
        fields.append(.init("v\(index)", sent(row.text.text)))
        if row.isIndexed { fields.append(.init("i\(index)", "on")) }
        if row.isRemoved { fields.append(.init("r\(index)", "on")) }
      }
      return FormFields(fields)
    }

    @Test func `A form that was not edited changes nothing`() throws {
      var entity = Entity(Key("Task", name: "a", namespace: "n"))
      for (index, value) in Self.values.enumerated() {
        entity.properties["p\(index)"] = .init(value, isIndexed: index % 2 == 0)
      }
      entity.properties["name\n\u{1}"] = 1
      entity.properties["p3"]?.meaning = 22
      entity.properties["nan"] = .indexed(.double(.nan))
      var form = EntityForm(fields(EntityForm(entity)))
      let described = form.entity(stored: entity)
      let read = try #require(described)
      #expect(read.key == entity.key)
      #expect(read.properties.keys.sorted() == entity.properties.keys.sorted())
      for (name, property) in entity.properties where name != "nan" {
        #expect(read.properties[name] == property)
      }
      #expect(read["nan"]?.doubleValue?.isNaN == true)
    }

    @Test func `Another spelling of the same letters is a change`() {
      let stored = Entity(Key("Task", id: 1), ["e\u{301}": "e\u{301}", "\u{E9}": 1])
      var form = EntityForm(stored)
      form.rows[0].text.text = "\u{E9}"
      let changed = form.entity(stored: stored)
      #expect(changed?.properties.count == 2)
      #expect(changed?["e\u{301}"]?.stringValue?.utf8.count == 2)
    }

    @Test func `A form adds, changes and removes properties`() {
      let entity = Entity(Key("Task", id: 1), ["a": 1, "b": "x", "c": true])
      var form = EntityForm(entity)
      form.rows[0].text = PropertyText(.double, "2")
      form.rows[1].isRemoved = true
      form.rows[2].isIndexed = false
      form.rows.append(.init(name: "d", text: PropertyText(.string, "new")))
      form.rows.append(.init())
      var read = EntityForm(fields(form))
      let changed = read.entity(stored: entity)
      #expect(changed?.properties == ["a": 2.0, "c": .unindexed(true), "d": "new"])
    }

    @Test func `Wrong rows say what is wrong`() {
      var form = EntityForm(newKey: "Task")
      form.rows = [
        .init(name: "a", text: PropertyText(.integer, "one")), .init(name: "b"), .init(name: "b"),
        .init(text: PropertyText(.string, "no name")),
      ]
      #expect(form.entity(stored: nil) == nil)
      #expect(!form.keyProblem.isEmpty)
      #expect(form.rows.map { !$0.problem.isEmpty } == [true, false, true, true])
    }

    @Test func `A type that no form offers is refused, and its value is kept`() {
      let sent = [
        ("key", "Task/1"), ("new", "1"), ("rows", "1"), ("n0", "a"), ("t0", "blob"), ("v0", "x"),
      ]
      var form = EntityForm(FormFields(sent.map { .init($0, $1) }))
      #expect(form.entity(stored: nil) == nil)
      #expect(form.rows[0].problem == "There is no type \"blob\". Choose one of the list.")
      #expect(form.rows[0].text.text == "x")
    }

    private func multipart(_ body: String) -> FormFields? {
      let type = "multipart/form-data; boundary=\"--b\""
      return MultipartForm(Array(body.utf8), contentType: type)?.fields
    }

    @Test func `A multipart form has its fields and files`() throws {
      let fields = try #require(
        multipart(
          "----b\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\nabc\r\n----b\r\n"
            + "content-disposition: form-data; name=\"file\"; filename=\"a.jsonl\"\r\n"
            + "Content-Type: text/plain\r\n\r\n{}\r\n--x\r\n\r\n----b--\r\n"))
      #expect(fields["token"] == "abc")
      #expect(fields["file"] == "{}\r\n--x\r\n")
    }

    @Test(arguments: [
      "", "----b", "----b\r\n", "----b\r\nno head", "----bx\r\n\r\n----b--",
      "----b\r\nContent-Disposition: form-data\r\n\r\nx\r\n----b--",
      "----b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx",
    ])
    func `A damaged multipart form is refused`(_ body: String) {
      #expect(multipart(body) == nil)
    }

    @Test func `An edit keeps the meanings of a value and of what is in it`() throws {
      var inner = Entity(nil, ["blob": .unindexed(.bytes([1])), "n": 1])
      inner.properties["blob"]?.meaning = 22
      var stored = Entity(Key("Task", id: 1))
      for (name, value) in [
        ("text", .string("a")), ("many", .array([.entity(inner)])), ("inner", .entity(inner)),
      ] as [(String, Value)] {
        stored.properties[name] = .unindexed(value)
        stored.properties[name]?.meaning = 15
      }
      var form = EntityForm(stored)
      for index in form.rows.indices {
        let text = form.rows[index].text.text
        form.rows[index].text.text = text == "a" ? "b" : text.replacing("\"n\":1", with: "\"n\":2")
        #expect(form.rows[index].text.text != text)
      }
      let made = form.entity(stored: stored)
      let edited = try #require(made)
      #expect(edited["text"] == .string("b"))
      for name in ["text", "many", "inner"] {
        #expect(edited.properties[name]?.meaning == 15, "\(name)")
        #expect(edited.properties[name]?.isIndexed == false)
      }
      guard case .entity(let changed)? = edited["inner"],
        case .array(let values)? = edited["many"], case .entity(let nested)? = values.first
      else {
        Issue.record("The entities are gone")
        return
      }
      for entity in [changed, nested] {
        #expect(entity["n"] == 2)
        #expect(entity.properties["blob"]?.meaning == 22)
      }
    }

    @Test func `A value of another type has no meaning of the old one`() throws {
      var stored = Entity(Key("Task", id: 1), ["a": .unindexed(.bytes([1]))])
      stored.properties["a"]?.meaning = 22
      var form = EntityForm(stored)
      form.rows[0].text = PropertyText(.integer, "7")
      let made = form.entity(stored: stored)
      let edited = try #require(made)
      #expect(edited["a"] == 7)
      #expect(edited.properties["a"]?.meaning == 0)
    }
  }
#endif
