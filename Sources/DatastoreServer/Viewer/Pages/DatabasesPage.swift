// SPDX-License-Identifier: Apache-2.0
#if Server
  /// The databases of the server.
  struct DatabasesPage: Sendable {
    var databases: [DatabaseName]

    var page: ViewerPage { ViewerPage(title: "Databases", body: body) }

    private var body: HTML {
      if databases.isEmpty {
        return """
          <p>The server is running and has no data yet. A database appears here when a client has \
          used it. Or open one:</p>
          \(openForm)
          """
      }
      return """
        <div class="scroll narrow" tabindex="0" role="region" aria-label="Databases"><table>
        <thead><tr><th scope="col">Project</th><th scope="col">Database</th></tr></thead>
        <tbody>
        \(databases.map(row))
        </tbody></table></div>
        <details><summary>Open another one</summary>\(openForm)</details>
        """
    }

    private func row(_ database: DatabaseName) -> HTML {
      let name = database.database.isEmpty ? "default" : database.database
      return """
        <tr><td><a href="\(ViewerPlace(database).kindsAddress)">\
        <bdi>\(database.project)</bdi></a></td>\
        <td><bdi>\(name)</bdi></td></tr>

        """
    }

    private var openForm: HTML {
      """
      <form action="/data" method="get" class="fields">
      <label>Project <input name="project" required autocomplete="off"></label>
      <label>Database <input name="database" placeholder="default" autocomplete="off"></label>
      <button>Open</button>
      </form>
      """
    }
  }
#endif
