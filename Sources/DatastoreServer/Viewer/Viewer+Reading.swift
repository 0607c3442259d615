// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import ArrivalDatastore
  internal import NIOCore
  internal import NIOHTTP1

  extension Viewer {
    /// How many entities a page has.
    static let pageSize = 50
    /// How many kinds are counted. Pages with more would take long.
    private static let countedKinds = 200

    func start() async throws(ViewerFailure) -> HTTPResponse {
      let databases = try await calling { try await provider.databases() }
      if databases.count == 1 { return try await kinds(ViewerPlace(databases[0])) }
      return Self.response(DatabasesPage(databases: databases).page)
    }

    func kinds(
      _ place: ViewerPlace, notice: ViewerPage.Notice? = nil
    ) async throws(ViewerFailure) -> HTTPResponse {
      guard let backend = try await existingBackend(place) else {
        return Self.response(
          KindsPage(place: place, namespaces: [], kinds: [], isMissing: true, notice: notice).page)
      }
      let page = try await calling {
        let namespaces = try await backend.namespaces()
        let names = try await backend.kinds(in: place.namespace)
        var kinds: [KindsPage.Kind] = []
        for (index, name) in names.enumerated() {
          var kind = KindsPage.Kind(name: name)
          if index < Self.countedKinds {
            kind.entities = try await backend.count(name, in: place.namespace)
          }
          kinds.append(kind)
        }
        return KindsPage(place: place, namespaces: namespaces, kinds: kinds, notice: notice).page
      }
      return Self.response(page)
    }

    func entities(
      _ place: ViewerPlace, _ fields: FormFields
    ) async throws(ViewerFailure) -> HTTPResponse {
      let text = (fields["gql"] ?? "").trimmed
      var page = EntitiesPage(
        place: place, query: text.isEmpty ? EntitiesPage.query(ofKind: place.kind) : text,
        results: .none, token: token)
      if let deleted = fields["deleted"] { page.notice = .success("Deleted: \(deleted).") }
      let backend = try await knownBackend(place)
      do {
        let query = try GQLQuery(page.query, namespace: place.namespace)
        if query.aggregations.isEmpty {
          page.results = try await results(query.request, fields, backend)
          if text.isEmpty || text == EntitiesPage.query(ofKind: place.kind), let kind = place.kind {
            page.total = try await backend.count(kind, in: place.namespace)
          }
        } else {
          let reply = try await backend.aggregate(
            AggregationRequest(query: query.request, aggregations: query.aggregations))
          page.results = .values(Array(zip(query.aliases, reply.values)).map { ($0, $1) })
        }
      } catch let error as TextError {
        let hint = error.suggestion.map { " Did you mean \($0)?" } ?? ""
        page.notice = .failure(
          "Line \(error.line), column \(error.column): \(error.message).\(hint)",
          excerpt: error.excerpt)
      } catch {
        let failure = ServerFailure(error)
        if let logged = failure.logged { gate.log("viewer: \(logged)") }
        page.notice = .failure(failure.message)
      }
      return Self.response(page.page)
    }

    private func results(
      _ query: QueryRequest, _ fields: FormFields, _ backend: any DatastoreBackend
    ) async throws -> EntitiesPage.Results {
      var query = query
      var first = 1
      if let text = fields["cursor"], let cursor = QueryCursor(text: text) {
        first = max(1, fields["from"].flatMap { Int($0) } ?? 1)
        query.startCursor = cursor
        query.offset = 0
      }
      let left = query.limit.map { max(0, $0 - first + 1) }
      query.limit = min(Self.pageSize, left ?? .max)
      var entities: [Entity] = []
      while true {
        let reply = try await backend.query(query)
        entities += reply.items.map(\.entity)
        if reply.more == .notFinished {
          query.startCursor = reply.endCursor
          query.offset = max(0, query.offset - reply.skipped)
          query.limit = query.limit.map { $0 - reply.items.count }
          continue
        }
        let isLast = reply.more == .none || left == entities.count
        return .entities(entities, first: first, next: isLast ? nil : reply.endCursor)
      }
    }

    func entity(
      _ place: ViewerPlace, _ fields: FormFields
    ) async throws(ViewerFailure) -> HTTPResponse {
      let key = try Self.key(fields)
      guard let entity = try await find(key, place) else {
        throw ViewerFailure(.notFound, "There is no entity \(key.text).")
      }
      let notice = fields["saved"].map { _ in ViewerPage.Notice.success("The entity is saved.") }
      return Self.response(
        EntityPage(
          place: place.place(of: key), form: EntityForm(entity), stored: entity, notice: notice,
          token: token
        ).page)
    }

    func find(_ key: Key, _ place: ViewerPlace) async throws(ViewerFailure) -> Entity? {
      let backend = try await knownBackend(place)
      return try await calling {
        let reply = try await backend.lookup([key])
        if let failure = reply.failures[key] { throw failure }
        return reply.found.first
      }
    }

    static func key(_ fields: FormFields) throws(ViewerFailure) -> Key {
      let text = fields["key"] ?? ""
      guard let key = try? Key(text: text), key.isComplete else {
        throw ViewerFailure(.badRequest, "\(text.prefix(200)) is not the key of an entity.")
      }
      return key
    }

    func newEntity(_ place: ViewerPlace) -> HTTPResponse {
      let key = Key(
        uncheckedPath: [.init(kind: place.kind ?? "Kind")], namespace: place.namespace)
      return Self.response(
        EntityPage(place: place, form: EntityForm(newKey: key.text), token: token).page)
    }

    /// Sends the entities of a kind, or of a namespace, as lines of JSON. They are read while they
    /// are sent.
    func export(_ place: ViewerPlace) async throws(ViewerFailure) -> HTTPResponse {
      let pages = ExportedPages(try await knownBackend(place), place)
      let name = [
        place.database.project, place.database.database, place.namespace, place.kind ?? "",
      ]
      .map { $0.filter { $0.isASCII && ($0.isLetter || $0.isNumber) } }
      .filter { !$0.isEmpty }.joined(separator: "-")
      var response = HTTPResponse(
        type: "application/jsonl; charset=utf-8",
        headers: ["Content-Disposition": "attachment; filename=\"\(name).jsonl\""],
        body: ByteBuffer())
      response.parts = { try await pages.next() }
      return response
    }
  }

  extension DatastoreBackend {
    /// The number of entities of a kind, counted up to a limit.
    fileprivate func count(_ kind: String, in namespace: String) async throws -> Int {
      let request = AggregationRequest(
        query: QueryRequest(kind: kind, namespace: namespace),
        aggregations: [.count(upTo: KindsPage.countLimit)])
      return Int(try await aggregate(request).values.first?.integerValue ?? 0)
    }
  }
#endif
