// SPDX-License-Identifier: Apache-2.0
// The folder has the data viewer. Its own files find what a page shows, and change what a form asks
// for. Below them are folders, from the bottom:
//
// - Text: HTML, addresses, and what browsers send
// - Forms: entities and values as people edit them
// - Pages: each page, made of values alone
#if Server
  internal import ArrivalDatastore
  internal import ArrivalFormats
  private import FoundationEssentials
  internal import GRPCCore
  internal import NIOCore
  internal import NIOHTTP1

  /// The data viewer: pages that show the databases to a browser and change them.
  ///
  /// Three things keep other sites out. Each request must have reached the server under a name that
  /// no other site can have (``BrowserOrigins``). A form must come from a page of the server: it
  /// carries a token that only these pages have. And the policy of the pages allows no script,
  /// frame or form of elsewhere.
  struct Viewer: Sendable {
    let provider: any DatabaseProvider
    let gate: RequestGate
    let origins: BrowserOrigins
    /// The largest form that is accepted.
    let maxBytes: Int
    /// What forms carry. It is as old as the server.
    let token = (0..<4).map { _ in String(UInt64.random(in: 0...(.max)), radix: 36) }.joined()

    /// Whether a request is for the viewer. Programs ask for `/` too, and get "Ok".
    static func wants(_ request: HTTPRequest) -> Bool {
      if request.path == "/data" || request.path.hasPrefix("/data/") { return true }
      // Java's HTTP client accepts HTML by default, but only browsers accept XHTML.
      return request.path == "/" && request.method == .GET
        && request.headers["accept"].contains { $0.contains("application/xhtml+xml") }
    }

    func respond(_ request: HTTPRequest) async -> HTTPResponse {
      Self.protected(await answer(request))
    }

    /// The response to a form that is too large.
    static func refusal(bytes: Int, limit: Int) -> HTTPResponse {
      protected(
        problem(
          .payloadTooLarge,
          """
          Nothing was changed: the form has \(grouped(bytes)) bytes, and the server accepts up to \
          \(grouped(limit)). The command "arrival import" reads larger files.
          """))
    }

    /// A response with the headers that keep other sites out.
    private static func protected(_ response: HTTPResponse) -> HTTPResponse {
      var response = response
      let policy = """
        default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; \
        form-action 'self'; base-uri 'none'; frame-ancestors 'none'
        """
      for (name, value) in [
        ("Content-Security-Policy", policy), ("X-Frame-Options", "DENY"),
        // Not "no-referrer", with which browsers hide the origin of forms.
        ("Referrer-Policy", "same-origin"), ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"), ("Cache-Control", "no-store"),
      ] {
        response.headers.replaceOrAdd(name: name, value: value)
      }
      return response
    }

    private func answer(_ request: HTTPRequest) async -> HTTPResponse {
      if let refusal = origins.refusal(ofPage: request) { return Self.problem(.forbidden, refusal) }
      guard admits(request) else {
        var response = Self.problem(
          .unauthorized, "The server needs its token. Enter it as the password, with any user name."
        )
        response.headers.add(
          name: "WWW-Authenticate", value: "Basic realm=\"arrival\", charset=\"UTF-8\"")
        return response
      }
      do throws(ViewerFailure) {
        switch request.method {
        case .GET, .HEAD: return try await get(request)
        case .POST: return try await post(request)
        default: throw ViewerFailure(.methodNotAllowed, "The viewer has no such method.")
        }
      } catch {
        if let logged = error.logged { gate.log("viewer: \(logged)") }
        return Self.problem(error.status, error.sentence)
      }
    }

    /// Browsers ask for a user and a password, of which the password is the token.
    private func admits(_ request: HTTPRequest) -> Bool {
      let authorization = request.headers.first(name: "authorization")
      if gate.admits(authorization) { return true }
      guard let authorization, authorization.lowercased().hasPrefix("basic "),
        let data = Data(base64Encoded: String(authorization.dropFirst(6).trimmed)),
        let pair = String(validating: data, as: UTF8.self), let colon = pair.firstIndex(of: ":")
      else { return false }
      return gate.admits("Bearer \(pair[pair.index(after: colon)...])")
    }

    private func get(_ request: HTTPRequest) async throws(ViewerFailure) -> HTTPResponse {
      guard let fields = FormFields(encoded: request.query) else {
        throw ViewerFailure(.badRequest, "The address is damaged.")
      }
      switch request.path {
      case "/": return try await start()
      case "/data": return try await kinds(try place(fields))
      case "/data/entities": return try await entities(try place(fields), fields)
      case "/data/entity": return try await entity(try place(fields), fields)
      case "/data/new": return newEntity(try place(fields))
      case "/data/import": return importForm(try place(fields))
      case "/data/export": return try await export(try place(fields))
      case "/data/viewer.css": return Self.asset("text/css", ViewerAssets.style)
      case "/data/viewer.js": return Self.asset("text/javascript", ViewerAssets.script)
      default: throw ViewerFailure(.notFound, "There is no such page.")
      }
    }

    private func post(_ request: HTTPRequest) async throws(ViewerFailure) -> HTTPResponse {
      let fields = try Self.form(request)
      guard let sent = fields["token"],
        RequestGate(token: token, log: { _ in }).admits(
          "Bearer \(sent)")
      else {
        throw ViewerFailure(
          .forbidden,
          "The form is not of this server, or the server has restarted. Go back and reload it."
        )
      }
      switch request.path {
      case "/data/entity": return try await save(try place(fields), fields)
      case "/data/delete": return try await delete(try place(fields), fields)
      case "/data/import": return try await `import`(try place(fields), fields)
      default: throw ViewerFailure(.notFound, "There is no such page.")
      }
    }

    private static func form(_ request: HTTPRequest) throws(ViewerFailure) -> FormFields {
      let body = Array(request.body.readableBytesView)
      let type = request.headers.first(name: "content-type") ?? ""
      let fields =
        type.lowercased().hasPrefix("multipart/form-data")
        ? MultipartForm(body, contentType: type)?.fields
        : String(validating: body, as: UTF8.self).flatMap { FormFields(encoded: $0) }
      guard let fields else {
        throw ViewerFailure(.badRequest, "The form is damaged, or a file in it is not UTF-8.")
      }
      return fields
    }

    private func place(_ fields: FormFields) throws(ViewerFailure) -> ViewerPlace {
      guard let place = ViewerPlace(fields) else {
        throw ViewerFailure(.badRequest, "The address names no project.")
      }
      return place
    }

    /// Runs calls of backends, whose errors become pages.
    func calling<Reply>(
      _ body: () async throws -> Reply
    ) async throws(ViewerFailure) -> Reply {
      do {
        return try await body()
      } catch {
        throw ViewerFailure(ServerFailure(error))
      }
    }

    func backend(_ place: ViewerPlace) async throws(ViewerFailure) -> any DatastoreBackend {
      try await calling {
        try place.database.check()
        return try await provider.backend(of: place.database)
      }
    }

    /// The backend of a database to look at; `nil` if there is no such database, which looking must
    /// not make.
    func existingBackend(
      _ place: ViewerPlace
    ) async throws(ViewerFailure) -> (any DatastoreBackend)? {
      try await calling {
        try place.database.check()
        return try await provider.existingBackend(of: place.database)
      }
    }

    /// The backend of a database that must exist.
    func knownBackend(_ place: ViewerPlace) async throws(ViewerFailure) -> any DatastoreBackend {
      if let backend = try await existingBackend(place) { return backend }
      throw ViewerFailure(.notFound, "There is no database \(place.databaseLabel).")
    }

    static func response(
      _ page: ViewerPage, _ status: HTTPResponseStatus = .ok
    ) -> HTTPResponse {
      HTTPResponse(
        status, type: "text/html; charset=utf-8", body: ByteBuffer(string: page.document.text))
    }

    /// Sends the browser to a page, so that reloading it repeats nothing.
    static func redirect(to address: ViewerAddress) -> HTTPResponse {
      HTTPResponse(
        .seeOther, type: "text/plain; charset=utf-8", headers: ["Location": address.description],
        body: ByteBuffer())
    }

    private static func problem(_ status: HTTPResponseStatus, _ sentence: String) -> HTTPResponse {
      response(
        ViewerPage(
          title: status.reasonPhrase, notice: .failure(sentence),
          body: "<p><a class=\"button\" href=\"/\">All databases</a></p>"), status)
    }

    private static func asset(_ type: String, _ text: String) -> HTTPResponse {
      HTTPResponse(type: "\(type); charset=utf-8", body: ByteBuffer(string: text))
    }
  }

  /// Why a page cannot be shown.
  struct ViewerFailure: Error {
    var status: HTTPResponseStatus
    var sentence: String
    /// What the server's log says; `nil` if the sentence says it all.
    var logged: String?

    init(_ status: HTTPResponseStatus, _ sentence: String) {
      self.status = status
      self.sentence = sentence
    }

    init(_ failure: ServerFailure) {
      self.init(failure.status, failure.message)
      logged = failure.logged
    }
  }

  extension HTTPRequest {
    /// The fields behind the path.
    fileprivate var query: Substring {
      uri.firstIndex(of: "?").map { uri[uri.index(after: $0)...] } ?? ""
    }
  }
#endif
