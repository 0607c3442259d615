// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import ArrivalDatastore
  internal import ArrivalFormats

  /// The results of a query: a table of entities, or the values that it computes.
  struct EntitiesPage: Sendable {
    enum Results: Sendable {
      /// A page of entities, the number of the first one, and where the next page starts.
      case entities([Entity], first: Int, next: QueryCursor?)
      case values([(name: String, value: Value)])
      /// The query failed.
      case none
    }

    /// The most columns. Entities with more properties are shown whole on their own page.
    static let maxColumns = 40

    var place: ViewerPlace
    var query: String
    var results: Results
    /// The number of all entities of the kind.
    var total: Int?
    var notice: ViewerPage.Notice?
    var token: String

    var page: ViewerPage {
      ViewerPage(
        title: place.kind.map(ViewerPlace.label(ofName:)) ?? "Query",
        trail: place.trail.dropLast(place.kind == nil ? 0 : 1),
        notice: notice, body: "\(queryForm)\n\(resultsHTML)\n\(actions)")
    }

    private var queryForm: HTML {
      """
      <form action="/data/entities" method="get" class="query">
      \(place.hiddenFields)
      <label for="gql">GQL</label>
      <textarea id="gql" name="gql" rows="2" spellcheck="false" autocapitalize="off">
      \(query)</textarea>
      <button>Run</button>
      </form>
      """
    }

    private var actions: HTML {
      """
      <p class="actions">
      <a class="button" href="\(place.address("/data/new"))">New entity</a>
      \(html(place.kind != nil, exportLink))
      </p>
      """
    }

    private var exportLink: HTML {
      "<a class=\"button\" href=\"\(place.address("/data/export"))\" download>Export this kind</a>"
    }

    private var resultsHTML: HTML {
      switch results {
      case .none: return ""
      case .values(let values):
        return """
          <div class="scroll" tabindex="0" role="region" aria-label="Results"><table>
          <thead><tr>
          \(values.map { "<th scope=\"col\" class=\"number\">\($0.name)</th>" })</tr></thead>
          <tbody><tr>\(values.map { cell($0.value) })</tr></tbody>
          </table></div>
          """
      case .entities(let entities, let first, let next):
        if entities.isEmpty { return "<p>The query found nothing.</p>" }
        return table(entities, first, next)
      }
    }

    private func table(_ entities: [Entity], _ first: Int, _ next: QueryCursor?) -> HTML {
      let names = Set(entities.flatMap { $0.properties.keys.map(ExactText.init) }).sorted().map(
        \.text)
      let columns = Array(names.prefix(Self.maxColumns))
      return """
        <form action="/data/delete" method="post">
        <input type="hidden" name="token" value="\(token)">
        \(place.hiddenFields)
        <div class="scroll" tabindex="0" role="region" aria-label="Entities"><table>
        <thead><tr><th><input type="checkbox" data-selects-all hidden aria-label="Select all"></th>\
        <th scope="col">Key</th>\(columns.map { head($0, entities) })</tr></thead>
        <tbody>
        \(entities.map { row($0, columns) })
        </tbody></table></div>
        \(html(
          names.count > columns.count,
          "<p>\(names.count - columns.count) more properties are on the entities' own pages.</p>"))
        <p class="actions"><button class="danger">Delete selected…</button>
        <span>\(range(first, entities.count))</span>
        \(html(first > 1, "<a class=\"button\" href=\"\(address)\">First page</a>"))
        \(next.map { nextLink($0, first + entities.count) } ?? "")
        </p></form>
        """
    }

    private var address: ViewerAddress { place.address("/data/entities").adding("gql", query) }

    private func nextLink(_ cursor: QueryCursor, _ first: Int) -> HTML {
      let next = address.adding("cursor", cursor.text).adding("from", "\(first)")
      return "<a class=\"button\" rel=\"next\" href=\"\(next)\">Next page</a>"
    }

    private func range(_ first: Int, _ count: Int) -> String {
      let range = "\(grouped(first)) to \(grouped(first + count - 1))"
      return total.map { "\(range) of \(KindsPage.count($0))" } ?? range
    }

    /// A column's name, which orders by it.
    private func head(_ property: String, _ entities: [Entity]) -> HTML {
      let isNumber = entities.contains { Self.isNumber($0[property]) }
      let alignment = html(isNumber, " class=\"number\"")
      guard let kind = place.kind else {
        return "<th scope=\"col\"\(alignment)><bdi>\(Escaped(property).description)</bdi></th>"
      }
      let ordered = "\(Self.query(ofKind: kind)) ORDER BY \(GQLName.quoted(property))"
      let link = place.address("/data/entities")
        .adding("gql", identicalText(query, ordered) ? ordered + " DESC" : ordered)
      return """
        <th scope="col"\(alignment)><a href="\(link)" title="Order by this property">\
        <bdi>\(Escaped(property).description)</bdi></a></th>
        """
    }

    private static func isNumber(_ value: Value?) -> Bool {
      value?.integerValue != nil || value?.doubleValue != nil
    }

    static func query(ofKind kind: String?) -> String {
      kind.map { "SELECT * FROM \(GQLName.quoted($0))" } ?? "SELECT *"
    }

    private func row(_ entity: Entity, _ columns: [String]) -> HTML {
      guard let key = entity.key else { return "" }
      return """
        <tr><td><input type="checkbox" name="key" value="\(key.text)" \
        aria-label="Select \(Escaped(key.text).description)"></td>\
        <td><a href="\(place.entityAddress(key))"><bdi>\(Self.label(of: key))</bdi></a></td>\
        \(columns.map { name in entity[name].map(cell) ?? "<td></td>" })</tr>

        """
    }

    /// The path without the namespace, which the page names.
    private static func label(of key: Key) -> String {
      let text = Escaped(Key(uncheckedPath: key.path, namespace: "").text).description
      return text.count <= 60 ? text : "\(text.prefix(60))…"
    }

    private func cell(_ value: Value) -> HTML {
      switch value {
      case .key(let key):
        """
        <td class="code"><a href="\(place.entityAddress(key))">\
        <bdi>\(PropertyText.brief(value))</bdi></a></td>
        """
      case .integer, .double: "<td class=\"number\">\(PropertyText.brief(value))</td>"
      case .string: "<td><bdi>\(PropertyText.brief(value))</bdi></td>"
      case .null: "<td class=\"type\">null</td>"
      case .bytes(let bytes): "<td class=\"type\">\(counted(bytes.count, "byte"))</td>"
      default: "<td class=\"code\"><bdi>\(PropertyText.brief(value))</bdi></td>"
      }
    }
  }
#endif
