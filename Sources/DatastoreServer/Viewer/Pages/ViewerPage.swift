// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import ArrivalFormats

  /// What all pages share: the head, the way back, and a notice.
  struct ViewerPage: Sendable {
    /// A place above the page.
    struct Step: Sendable {
      var label: String
      var address: ViewerAddress

      init(_ label: String, _ address: ViewerAddress) {
        self.label = label
        self.address = address
      }
    }

    /// What has happened.
    enum Notice: Sendable, Hashable {
      case success(String)
      case failure(String, excerpt: String = "")
    }

    var title: String
    /// The places above, the highest first.
    var trail: [Step] = []
    var notice: Notice?
    var body: HTML

    /// The whole page.
    var document: HTML {
      """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(title) · arrival</title>
      <link rel="icon" href="data:,">
      <link rel="stylesheet" href="/data/viewer.css">
      <script src="/data/viewer.js" defer></script>
      </head>
      <body>
      <a class="skip" href="#main">Skip to the content</a>
      <header><nav aria-label="Place"><ol>
      <li><a class="home" href="/">arrival</a></li>
      \(trail.map { "<li><a href=\"\($0.address)\"><bdi>\($0.label)</bdi></a></li>\n" })
      </ol></nav></header>
      <main id="main">
      <h1><bdi>\(title)</bdi></h1>
      \(noticeHTML)
      \(body)
      </main>
      </body>
      </html>

      """
    }

    private var noticeHTML: HTML {
      switch notice {
      case nil: ""
      case .success(let sentence)?: "<p class=\"notice good\" role=\"status\">\(sentence)</p>"
      case .failure(let sentence, let excerpt)?:
        """
        <div class="notice bad" role="alert"><p>\(sentence)</p>\
        \(html(!excerpt.isEmpty, "<pre>\(excerpt)</pre>"))</div>
        """
      }
    }
  }

  extension ViewerPlace {
    /// The database, as people call it.
    var databaseLabel: String {
      database.database.isEmpty
        ? database.project : "\(database.project) / \(database.database)"
    }

    static func label(ofNamespace namespace: String) -> String {
      namespace.isEmpty ? "default namespace" : namespace
    }

    /// A name in one line that can be seen and clicked, whatever its characters are.
    static func label(ofName name: String) -> String {
      let text = Escaped(name).description
      let isVisible = text.unicodeScalars.contains {
        !$0.properties.isWhitespace && !$0.properties.isDefaultIgnorableCodePoint
      }
      return isVisible ? text : "\"\(text)\""
    }

    /// The steps down to the namespace, or to the kind.
    var trail: [ViewerPage.Step] {
      let top = ViewerPlace(database)
      var steps = [ViewerPage.Step(databaseLabel, top.kindsAddress)]
      if !namespace.isEmpty { steps.append(.init(namespace, kindsAddress)) }
      if let kind { steps.append(.init(Self.label(ofName: kind), address("/data/entities"))) }
      return steps
    }

    /// The place in hidden fields of a form.
    var hiddenFields: [HTML] {
      fields.map { "<input type=\"hidden\" name=\"\($0.name)\" value=\"\($0.value)\">" }
    }
  }
#endif
