// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import ArrivalFormats
  internal import ArrivalDatastore

  /// One entity as a form.
  struct EntityPage: Sendable {
    var place: ViewerPlace
    var form: EntityForm
    /// The stored entity, for its times; `nil` for a new one.
    var stored: Entity?
    var notice: ViewerPage.Notice?
    var token: String

    var page: ViewerPage {
      ViewerPage(
        title: form.isNew ? "New entity" : Escaped(form.key).description, trail: place.trail,
        notice: notice, body: body)
    }

    private var body: HTML {
      """
      <form action="/data/entity" method="post" class="entity">
      <input type="hidden" name="token" value="\(token)">
      \(place.hiddenFields)
      <input type="hidden" name="rows" value="\(form.rows.count)">
      \(version)
      \(keyField)
      <div class="rows">
      \(form.rows.enumerated().map { row($0.offset, $0.element) })
      </div>
      <p class="actions">
      <button name="action" value="save" class="primary">Save</button>
      <button name="action" value="add">Add a property</button>
      </p>
      </form>
      \(html(!form.isNew, deleteForm))
      \(times)
      """
    }

    /// What the form shows, so that no later change is overwritten.
    private var version: HTML {
      guard let version = form.version else { return "" }
      return "<input type=\"hidden\" name=\"version\" value=\"\(version)\">"
    }

    private var keyField: HTML {
      if !form.isNew { return "<input type=\"hidden\" name=\"key\" value=\"\(form.key)\">" }
      return """
        <input type="hidden" name="new" value="1">
        <p><label for="key">Key</label>
        <input id="key" name="key" class="wide" value="\(form.key)" required autocomplete="off" \
        spellcheck="false" aria-describedby="key-help">
        <small id="key-help">Kind/ID or Kind/name, with those of parents in front; ? for a new ID\
        \(html(!place.namespace.isEmpty, ", and the namespace with a colon")).</small>
        \(Self.problem(form.keyProblem, "key-problem"))</p>
        """
    }

    private func row(_ index: Int, _ row: EntityForm.Row) -> HTML {
      """
      <fieldset class="row">
      <legend><bdi>\(row.isKnown ? Escaped(row.name).description : "New property")</bdi></legend>
      \(nameField(index, row))
      <label class="sort">Type <select name="t\(index)">
      \(PropertyText.Sort.allCases.map { Self.option($0, row.text.sort) })
      </select></label>
      <label class="value">Value <textarea name="v\(index)" rows="\(Self.lines(row.text.text))" \
      spellcheck="false"\(html(!row.problem.isEmpty, " aria-invalid=\"true\""))>
      \(row.text.text)</textarea>\(keyLink(row))</label>
      <div class="checks"><label><input type="checkbox" name="i\(index)"\
      \(html(row.isIndexed, " checked"))> indexed</label>
      <label><input type="checkbox" name="r\(index)"\
      \(html(row.isRemoved, " checked"))> remove</label></div>
      \(Self.problem(row.problem, "problem\(index)"))
      </fieldset>

      """
    }

    /// A link to the entity that a key names.
    private func keyLink(_ row: EntityForm.Row) -> HTML {
      guard row.text.sort == .key, let key = try? Key(text: row.text.text), key.isComplete else {
        return ""
      }
      return "<a href=\"\(place.entityAddress(key))\">Open the entity of this key</a>"
    }

    private func nameField(_ index: Int, _ row: EntityForm.Row) -> HTML {
      if row.isKnown {
        // As JSON, because a form changes line ends.
        return """
          <input type="hidden" name="k\(index)" value="\(JSONNode.string(row.name).text)">
          """
      }
      return """
        <label>Name <input name="n\(index)" value="\(row.name)" autocomplete="off" \
        spellcheck="false"></label>
        """
    }

    private static func option(_ sort: PropertyText.Sort, _ selected: PropertyText.Sort) -> HTML {
      "<option\(html(sort == selected, " selected"))>\(sort.rawValue)</option>\n"
    }

    private static func problem(_ sentence: String, _ id: String) -> HTML {
      html(!sentence.isEmpty, "<p class=\"problem\" id=\"\(id)\" role=\"alert\">\(sentence)</p>")
    }

    private static func lines(_ text: String) -> Int {
      max(1, min(12, text.utf8.count / 60 + text.utf8.count { $0 == 0x0A } + 1))
    }

    private var deleteForm: HTML {
      """
      <form action="/data/delete" method="post">
      <input type="hidden" name="token" value="\(token)">
      \(place.hiddenFields)
      <input type="hidden" name="key" value="\(form.key)">
      <p class="actions"><button class="danger">Delete…</button></p>
      </form>
      """
    }

    private var times: HTML {
      let times: [(String, String?)] = [
        ("Created", stored?.createTime?.description),
        ("Updated", stored?.updateTime?.description),
        ("Version", stored?.version.map { "\($0)" }),
      ]
      let known = times.compactMap { name, text in text.map { (name, $0) } }
      return html(
        !known.isEmpty,
        "<dl>\(known.map { "<div><dt>\($0)</dt><dd>\($1)</dd></div>" as HTML })</dl>")
    }
  }
#endif
