// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import ArrivalDatastore
  internal import ArrivalFormats
  internal import NIOCore

  /// The entities of a place as lines of JSON, read page by page.
  actor ExportedPages {
    private let backend: any DatastoreBackend
    private var request: QueryRequest
    private var isAtEnd = false

    init(_ backend: any DatastoreBackend, _ place: ViewerPlace) {
      self.backend = backend
      request = QueryRequest(kind: place.kind, namespace: place.namespace)
      request.limit = 300
    }

    /// The lines of the next page; `nil` at the end.
    func next() async throws -> ByteBuffer? {
      if isAtEnd { return nil }
      let reply = try await backend.query(request)
      request.startCursor = reply.endCursor
      isAtEnd = reply.more == .none
      var bytes: [UInt8] = []
      for item in reply.items {
        EntityJSON.node(of: item.entity).write(to: &bytes)
        bytes.append(0x0A)
      }
      return ByteBuffer(bytes: bytes)
    }
  }
#endif
