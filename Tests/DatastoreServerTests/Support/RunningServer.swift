// SPDX-License-Identifier: Apache-2.0
#if Server && SQLite
  import AsyncHTTPClient
  import DatastoreCloud
  import DatastoreModel
  import DatastoreSQLite
  import NIOCore
  import NIOHTTP1
  import Testing

  @testable import DatastoreServer

  /// A server on a free port of this machine, with a database in memory for each name.
  struct RunningServer: Sendable {
    let server: DatastoreServer
    let address: DatastoreServer.Address
    /// The largest request of its clients; `nil` for the server's limit.
    var maxRequestBytes: Int?

    /// A backend that calls the server.
    func backend(project: String = "tests", database: String = "") throws -> CloudBackend {
      var configuration = CloudBackend.Configuration(
        project: project, database: database,
        endpoint: Endpoint(host: address.host, port: address.port, isPlaintext: true))
      // The machine may be busy with other tests.
      configuration.deadline = .seconds(600)
      configuration.keepalive = .seconds(300)
      configuration.maxRequestBytes = maxRequestBytes ?? server.configuration.maxRequestBytes
      configuration.beginsTransactionsWithReads = true
      return try CloudBackend(configuration)
    }

    /// The response to a request of HTTP/1.1.
    func http(
      _ path: String, method: String = "POST", type: String? = "application/json",
      headers: [(String, String)] = [], body: String = ""
    ) async throws -> (status: Int, body: String) {
      try await http(path, method: method, type: type, headers: headers, bytes: Array(body.utf8)) {
        String(buffer: $0)
      }
    }

    func http<Body>(
      _ path: String, method: String = "POST", type: String?,
      headers: [(String, String)] = [], bytes: [UInt8], _ read: (ByteBuffer) throws -> Body
    ) async throws -> (status: Int, body: Body) {
      var request = HTTPClientRequest(url: "http://\(address)\(path)")
      request.method = .RAW(value: method)
      if let type { request.headers.add(name: "content-type", value: type) }
      for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
      request.body = .bytes(ByteBuffer(bytes: bytes))
      let response = try await HTTPClient.shared.execute(request, timeout: .minutes(5))
      let body = try await response.body.collect(upTo: 1 << 27)
      return (Int(response.status.code), try read(body))
    }
  }

  /// Runs a server in this process for as long as the body runs.
  func withServer<Result>(
    _ configuration: DatastoreServer.Configuration = .init(),
    _ databases: any DatabaseProvider = OpenedDatabases { _ in try SQLiteBackend.inMemory() },
    _ body: (RunningServer) async throws -> Result
  ) async throws -> Result {
    let server = try DatastoreServer(databases: databases, configuration: configuration)
    async let running: Void = server.run()
    let address = try #require(await server.address)
    let result: Result
    do {
      result = try await body(RunningServer(server: server, address: address))
    } catch {
      server.beginShutdown()
      try? await running
      throw error
    }
    server.beginShutdown()
    try await running
    return result
  }
#endif
