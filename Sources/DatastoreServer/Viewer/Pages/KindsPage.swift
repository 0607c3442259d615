// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import ArrivalDatastore
  internal import ArrivalFormats

  /// The kinds of a namespace.
  struct KindsPage: Sendable {
    /// A kind and the number of its entities.
    struct Kind: Sendable, Hashable {
      var name: String
      /// `nil` if they were not counted.
      var entities: Int?
    }

    /// Where counting ends, so that no page takes long.
    static let countLimit = 100_000

    var place: ViewerPlace
    var namespaces: [String]
    var kinds: [Kind]
    /// Whether there is no such database.
    var isMissing = false
    var notice: ViewerPage.Notice?

    var page: ViewerPage {
      ViewerPage(
        title: place.namespace.isEmpty ? place.databaseLabel : place.namespace,
        trail: place.namespace.isEmpty ? [] : [place.trail[0]], notice: notice, body: body)
    }

    private var body: HTML {
      """
      \(html(namespaces.count > 1 || !place.namespace.isEmpty, namespaceForm))
      \(kinds.isEmpty ? emptiness : table)
      <p class="actions">
      <a class="button" href="\(place.address("/data/new"))">New entity</a>
      <a class="button" href="\(place.address("/data/import"))">Import</a>
      \(html(!isMissing, exportLink))
      </p>
      """
    }

    private var exportLink: HTML {
      """
      <a class="button" href="\(place.address("/data/export"))" download>Export this namespace</a>
      """
    }

    private var emptiness: HTML {
      isMissing
        ? "<p>There is no such database yet. It is made with its first entity.</p>"
        : "<p>There are no entities in this namespace.</p>"
    }

    private var namespaceForm: HTML {
      """
      <form action="/data" method="get" class="fields">
      \(ViewerPlace(place.database).hiddenFields)
      <label>Namespace <select name="namespace">
      \(options)
      </select></label>
      <button>Show</button>
      </form>
      """
    }

    private var options: [HTML] {
      var names = namespaces
      if !names.containsExactly(place.namespace) { names.insert(place.namespace, at: 0) }
      return names.map { name in
        """
        <option value="\(name)"\(html(identicalText(name, place.namespace), " selected"))>\
        \(ViewerPlace.label(ofNamespace: name))</option>

        """
      }
    }

    private var table: HTML {
      """
      <div class="scroll narrow" tabindex="0" role="region" aria-label="Kinds"><table>
      <thead><tr><th scope="col">Kind</th><th scope="col" class="number">Entities</th></tr></thead>
      <tbody>
      \(kinds.map(row))
      </tbody></table></div>
      """
    }

    private func row(_ kind: Kind) -> HTML {
      var place = place
      place.kind = kind.name
      return """
        <tr><td><a href="\(place.address("/data/entities"))">\
        <bdi>\(ViewerPlace.label(ofName: kind.name))</bdi></a></td>\
        <td class="number">\(Self.count(kind.entities))</td></tr>

        """
    }

    static func count(_ entities: Int?) -> String {
      guard let entities else { return "?" }
      return entities < countLimit ? grouped(entities) : "\(grouped(countLimit)) or more"
    }
  }
#endif
