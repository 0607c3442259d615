// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import ArrivalDatastore
  internal import ArrivalFormats

  /// Asks whether to delete entities.
  struct DeletePage: Sendable {
    var place: ViewerPlace
    var keys: [Key]
    var token: String

    var page: ViewerPage {
      ViewerPage(
        title: "Delete \(counted(keys.count, "entity", "entities"))?", trail: place.trail,
        body: """
          <form action="/data/delete" method="post">
          <input type="hidden" name="token" value="\(token)">
          <input type="hidden" name="confirmed" value="1">
          \(place.hiddenFields)
          <ul class="keys">
          \(keys.map { key in
            """
            <li><bdi>\(Escaped(key.text).description)</bdi>\
            <input type="hidden" name="key" value="\(key.text)"></li>

            """
          })
          </ul>
          <p class="actions"><button class="danger">Delete</button>
          <a class="button" href="\(cancel)">Cancel</a></p>
          </form>
          """)
    }

    private var cancel: ViewerAddress {
      place.kind == nil ? place.kindsAddress : place.address("/data/entities")
    }
  }

  /// Takes a file of entities.
  struct ImportPage: Sendable {
    var place: ViewerPlace
    var notice: ViewerPage.Notice?
    var maxBytes: Int
    var token: String

    var page: ViewerPage {
      ViewerPage(
        title: "Import", trail: place.trail, notice: notice,
        body: """
          <p>A line of JSON for each entity, as exports have them. Entities with the same keys are \
          replaced. Either all lines are imported or none.</p>
          <pre>{"key":"Task/1","properties":{"title":"Write","done":false}}</pre>
          <form action="/data/import" method="post" enctype="multipart/form-data">
          <input type="hidden" name="token" value="\(token)">
          \(place.hiddenFields)
          <p><label>File <input type="file" name="file" required \
          data-max-bytes="\(maxBytes - 4_096)"></label></p>
          <p class="actions"><button class="primary">Import</button></p>
          </form>
          <p><small>Up to \(maxBytes >> 20) MiB and \(grouped(Limits.acceptedMutations)) \
          entities. The command <code>arrival import</code> reads \
          larger files, and tables.</small></p>
          """)
    }
  }
#endif
