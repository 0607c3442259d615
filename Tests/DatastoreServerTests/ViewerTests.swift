// SPDX-License-Identifier: Apache-2.0
#if Server && SQLite
  import ArrivalDatastore
  import AsyncHTTPClient
  import DatastoreModel
  import DatastoreSQLite
  import NIOCore
  import NIOHTTP1
  import Testing

  @testable import DatastoreServer

  /// The viewer of a running server, as a browser uses it.
  @Suite struct ViewerTests {
    private static let accept = ("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")
    private static let form = "application/x-www-form-urlencoded"

    /// A server with one store, and a browser.
    private struct Session {
      var server: RunningServer
      var store: SQLiteBackend

      func get(
        _ path: String, _ headers: [(String, String)] = []
      ) async throws -> (status: Int, body: String) {
        try await server.http(
          path, method: "GET", type: nil, headers: [ViewerTests.accept] + headers)
      }

      /// The token in a page's form.
      func token() async throws -> String {
        let page = try await get("/data/new?project=p&kind=Task").body
        let rest = try #require(page.split(separator: "name=\"token\" value=\"").dropFirst().first)
        return String(rest.prefix { $0 != "\"" })
      }

      func post(
        _ path: String, _ fields: [(String, String)], _ headers: [(String, String)] = []
      ) async throws -> (status: Int, body: String) {
        let fields = fields.map { FormFields.Field($0.0, $0.1) }
        let body = ViewerAddress("", fields).description.dropFirst()
        return try await server.http(
          path, type: ViewerTests.form, headers: headers, body: String(body))
      }
    }

    private func withViewer(
      token: String? = nil, _ body: (Session) async throws -> Void
    ) async throws {
      let store = try SQLiteBackend.inMemory()
      try await withServer(.init(token: token), SingleStore(store)) {
        try await body(Session(server: $0, store: store))
      }
    }

    private let key = Key("Task", id: 1)

    @Test func `A browser gets the viewer and a program gets Ok`() async throws {
      try await withViewer { session in
        let page = try await session.get("/")
        #expect(page.status == 200 && page.body.hasPrefix("<!DOCTYPE html>"))
        for accept in ["*/*", "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"] {
          let answer = try await session.server.http(
            "/", method: "GET", type: nil, headers: [("Accept", accept)])
          #expect(answer == (200, "Ok\n"))
        }
      }
    }

    @Test func `Entities are found, counted, paged and queried`() async throws {
      try await withViewer { session in
        let entities = (1...60).map { Entity(Key("Task", id: $0), ["n": .init(.integer($0))]) }
        _ = try await session.store.commit(entities.map { .upsert($0) })
        #expect(try await session.get("/").body.contains("<td class=\"number\">60</td>"))
        let page = try await session.get("/data/entities?project=p&kind=Task").body
        #expect(page.contains("1 to 50 of 60"))
        let link = try #require(page.split(separator: "rel=\"next\" href=\"").dropFirst().first)
        let next = link.prefix { $0 != "\"" }.replacing("&amp;", with: "&")
        #expect(try await session.get(String(next)).body.contains("51 to 60"))
        let query = "/data/entities?project=p&gql="
        #expect(
          try await session.get(query + "SELECT+COUNT(*)+FROM+Task").body.contains(">60</td>"))
        #expect(
          try await session.get(query + "SELECT+*+FROM+Task+WHERE+n%3D7").body.contains("1 to 1"))
        #expect(try await session.get(query + "SELEKT").body.contains("role=\"alert\""))
      }
    }

    @Test func `An entity is made, edited and deleted`() async throws {
      try await withViewer { session in
        let token = try await session.token()
        let place = [("token", token), ("project", "p")]
        let row = [("rows", "1"), ("t0", "integer"), ("v0", "5"), ("i0", "on")]
        let made = try await session.post(
          "/data/entity",
          place + row + [("new", "1"), ("key", "Task/1"), ("n0", "n"), ("action", "save")],
          [Self.accept])
        #expect(made.status == 200 && made.body.contains("The entity is saved."))
        let first = try #require(try await session.store.lookup([key]).found.first)
        #expect(first.properties == ["n": 5])

        let edit =
          place + row + [
            ("key", "Task/1"), ("k0", "\"n\""), ("version", "\(try #require(first.version))"),
            ("action", "save"),
          ]
        let edited = edit.map { $0.0 == "v0" ? ("v0", "6") : $0 }
        #expect(try await session.post("/data/entity", edited).status == 200)
        #expect(try await session.store.lookup([key]).found.first?.properties == ["n": 6])
        // The same form again has an old version.
        let late = try await session.post("/data/entity", edit)
        #expect(late.status == 400 && late.body.contains("changed in the meantime"))
        #expect(try await session.store.lookup([key]).found.first?.properties == ["n": 6])

        let delete = place + [("kind", "Task"), ("key", "Task/1")]
        let asked = try await session.post("/data/delete", delete)
        #expect(asked.body.contains("Delete 1 entity?"))
        #expect(try await session.store.lookup([key]).found.count == 1)
        let done = try await session.post("/data/delete", delete + [("confirmed", "1")])
        #expect(done.body.contains("Deleted: 1 entity."))
        #expect(try await session.store.lookup([key]).found.isEmpty)
      }
    }

    @Test(arguments: [("__K__/1", "n"), ("Task/__n__", "n"), ("Task/1", "__n__")])
    func `A form cannot store what the API refuses`(_ key: String, _ name: String) async throws {
      try await withViewer { session in
        let answer = try await session.post(
          "/data/entity",
          [
            ("token", try await session.token()), ("project", "p"), ("rows", "1"),
            ("t0", "integer"), ("v0", "5"), ("new", "1"), ("key", key), ("n0", name),
            ("action", "save"),
          ], [Self.accept])
        #expect(answer.status == 400 && answer.body.contains("reserved"))
        let found = try await session.store.query(QueryRequest()).items
        #expect(found.isEmpty)
      }
    }

    @Test func `An export can be imported`() async throws {
      try await withViewer { session in
        let entities = (1...700).map { Entity(Key("Task", id: $0), ["n": .init(.integer($0))]) }
        for part in [entities[..<400], entities[400...]] {
          _ = try await session.store.commit(part.map { .upsert($0) })
        }
        let lines = try await session.get("/data/export?project=p&kind=Task").body
        #expect(lines.split(separator: "\n").count == 700)
        #expect(try await session.server.http("/reset").status == 200)
        let token = try await session.token()
        func upload(_ file: String) async throws -> (status: Int, body: String) {
          func part(_ name: String, _ value: String) -> String {
            "--b\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n"
          }
          return try await session.server.http(
            "/data/import", type: "multipart/form-data; boundary=b",
            body: part("token", token) + part("project", "p") + part("file", file) + "--b--\r\n")
        }
        let wrong = try await upload(lines + "{\"key\": 7}\n")
        #expect(wrong.status == 400 && wrong.body.contains("Line 701:"))
        #expect(try await session.store.lookup([key]).found.isEmpty)
        let right = try await upload(lines)
        #expect(right.status == 200 && right.body.contains("Imported 700 entities"))
        #expect(try await session.get("/data/export?project=p").body == lines)
      }
    }

    private static func part(_ name: String, _ value: String) -> String {
      "--b\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n"
    }

    /// Sends a file to import.
    private func upload(
      _ file: String, project: String = "p", to session: Session
    ) async throws -> (status: Int, body: String) {
      let token = try await session.token()
      return try await session.server.http(
        "/data/import", type: "multipart/form-data; boundary=b",
        body: Self.part("token", token) + Self.part("project", project)
          + Self.part("file", file) + "--b--\r\n")
    }

    @Test func `A file with a mark of its encoding is imported`() async throws {
      try await withViewer { session in
        let reply = try await upload("\u{FEFF}{\"key\":\"Task/1\"}\r\n\r\n", to: session)
        #expect(reply.status == 200 && reply.body.contains("Imported 1 entity"), "\(reply.body)")
      }
    }

    @Test func `A file with one key in two lines names both, and nothing is imported`() async throws
    {
      try await withViewer { session in
        let lines = (1...600).map { "{\"key\":\"Task/\($0)\"}\n" }.joined()
        let reply = try await upload(lines + "\n{\"key\":\"Task/7\"}\n", to: session)
        #expect(reply.status == 400)
        #expect(reply.body.contains("Lines 7 and 602 have the same key, Task/7."), "\(reply.body)")
        #expect(try await session.store.query(QueryRequest(kind: "Task")).items.isEmpty)
      }
    }

    @Test func `A file over the limit is refused with a page`() async throws {
      var configuration = DatastoreServer.Configuration()
      configuration.maxRequestBytes = 100_000
      try await withServer(configuration, SingleStore(try SQLiteBackend.inMemory())) { server in
        let reply = try await server.http(
          "/data/import", type: "multipart/form-data; boundary=b",
          body: Self.part("file", String(repeating: "x", count: 100_001)))
        #expect(reply.status == 413)
        #expect(reply.body.hasPrefix("<!DOCTYPE html>") && reply.body.contains("arrival import"))
      }
    }

    @Test func `Looking at a database that does not exist makes none`() async throws {
      let opened = LogLines()
      let databases = OpenedDatabases {
        opened.add($0.description)
        return try SQLiteBackend.inMemory()
      }
      try await withServer(.init(), databases) { server in
        let session = Session(server: server, store: try SQLiteBackend.inMemory())
        let page = try await session.get("/data?project=mistyped")
        #expect(page.status == 200 && page.body.contains("There is no such database yet"))
        for path in [
          "entities?project=mistyped&kind=Task", "entity?project=mistyped&key=Task/1",
          "export?project=mistyped",
        ] {
          let page = try await session.get("/data/\(path)")
          #expect(page.status == 404, "\(path)")
        }
        for path in ["new?project=mistyped", "import?project=mistyped"] {
          #expect(try await session.get("/data/\(path)").status == 200)
        }
        #expect(opened.lines.isEmpty)
        let imported = try await upload("{\"key\":\"Task/1\"}", project: "new", to: session)
        #expect(imported.status == 200, "\(imported.body)")
        #expect(opened.lines == ["new"])
      }
    }

    @Test func `A form without the token of a page changes nothing`() async throws {
      try await withViewer { session in
        _ = try await session.store.commit([.upsert(Entity(key))])
        let token = try await session.token()
        let fields = [("project", "p"), ("key", "Task/1"), ("confirmed", "1")]
        for token in [nil, "", "wrong", token + "x"] {
          let sent = token.map { [("token", $0)] } ?? []
          #expect(try await session.post("/data/delete", fields + sent).status == 403)
        }
        for headers in [
          [("Origin", "https://example.com")], [("Origin", "null")],
          [("Sec-Fetch-Site", "cross-site")], [("Sec-Fetch-Site", "same-site")],
        ] {
          let answer = try await session.post("/data/delete", fields + [("token", token)], headers)
          #expect(answer.status == 403)
        }
        #expect(try await session.store.lookup([key]).found.count == 1)
      }
    }

    @Test(arguments: ["rebound.example.com", "rebound.example.com:8081", "localhost.example.com"])
    func `A page under a foreign name is refused`(_ host: String) async throws {
      try await withViewer { session in
        _ = try await session.store.commit([.upsert(Entity(key, ["secret": "found"]))])
        for path in ["/", "/data?project=p", "/data/entities?project=p&kind=Task", "/data/export"] {
          let page = try await session.get(path, [("Host", host)])
          #expect(page.status == 403 && !page.body.contains("Task"))
        }
      }
    }

    @Test func `The token of the server is asked for as a password`() async throws {
      try await withViewer(token: "secret") { session in
        let refused = try await session.get("/")
        #expect(refused.status == 401)
        // "anyone:secret" and "anyone:wrong"
        let right = ("Authorization", "Basic YW55b25lOnNlY3JldA==")
        let admitted = try await session.get("/", [right])
        #expect(admitted.status == 200)
        let wrong = ("Authorization", "Basic YW55b25lOndyb25n")
        let mistaken = try await session.get("/data?project=p", [wrong])
        #expect(mistaken.status == 401)
      }
    }

    @Test func `Pages allow no script of elsewhere and no frame`() async throws {
      try await withViewer { session in
        var request = HTTPClientRequest(url: "http://\(session.server.address)/data/none")
        request.headers.add(name: Self.accept.0, value: Self.accept.1)
        let response = try await HTTPClient.shared.execute(request, timeout: .minutes(1))
        let policy = response.headers.first(name: "content-security-policy") ?? ""
        for rule in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"] {
          #expect(policy.contains(rule))
        }
        #expect(response.headers.first(name: "cache-control") == "no-store")
        #expect(response.status == .notFound)
        _ = try await response.body.collect(upTo: 1 << 20)
      }
    }

    @Test func `The last page is full and offers no next one`() async throws {
      try await withViewer { session in
        let entities = (1...Int64(Viewer.pageSize)).map { Entity(Key("Task", id: $0)) }
        _ = try await session.store.commit(entities.map { .upsert($0) })
        let full = try await session.get("/data/entities?project=p&kind=Task")
        #expect(full.body.contains("1 to 50 of 50") && !full.body.contains("Next page"))
        _ = try await session.store.commit([.upsert(Entity(Key("Task", id: 99)))])
        let first = try await session.get("/data/entities?project=p&kind=Task")
        #expect(first.body.contains("1 to 50 of 51") && first.body.contains("Next page"))
      }
    }

    @Test(arguments: [
      "/data", "/data/entity?project=p", "/data/entity?project=p&key=Task/1",
      "/data?project=%ff", "/data/entities?project=p&kind=Task&cursor=xx", "/data/none?project=p",
      "/data/entities?project=p&kind=__kind__", "/data/entities?project=p&gql=SELECT",
      "/data?project=p&namespace=%01a", "/data/entity?project=p&database=No+Name&key=Task/1",
    ])
    func `A damaged address is answered with a page`(_ path: String) async throws {
      try await withViewer { session in
        let page = try await session.get(path)
        #expect(page.body.hasPrefix("<!DOCTYPE html>") && page.status != 500)
      }
    }
  }
#endif
