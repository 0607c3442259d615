// SPDX-License-Identifier: Apache-2.0
#if Server && SQLite
  import AsyncHTTPClient
  import DatastoreServer
  import Foundation
  import NIOCore
  import NIOHTTP1
  import NIOSSL
  import Testing

  @Suite struct ServerTLSTests {
    /// Makes a certificate for this machine with the `openssl` program; `nil` without it.
    private static func makeCertificate() throws -> DatastoreServer.TLS? {
      let folder = FileManager.default.temporaryDirectory.appending(path: "tls-\(UUID())")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let (certificate, key) = ("\(folder.path)/certificate.pem", "\(folder.path)/key.pem")
      let process = Process()
      process.executableURL = URL(filePath: "/usr/bin/env")
      process.arguments = [
        "openssl", "req", "-x509", "-days", "2", "-subj", "/CN=localhost", "-addext",
        "subjectAltName=DNS:localhost,IP:127.0.0.1", "-newkey", "ec", "-pkeyopt",
        "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", certificate,
      ]
      process.standardError = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      if process.terminationStatus == 127 { return nil }
      try #require(process.terminationStatus == 0)
      return DatastoreServer.TLS(certificate: certificate, key: key)
    }

    @Test func `A browser that offers both versions of HTTP gets the data viewer over TLS`()
      async throws
    {
      guard let tls = try Self.makeCertificate() else { return }
      defer {
        try? FileManager.default.removeItem(
          at: URL(filePath: tls.certificate).deletingLastPathComponent())
      }
      var trust = TLSConfiguration.makeClientConfiguration()
      trust.trustRoots = .file(tls.certificate)
      // Offers "h2" and "http/1.1", as browsers do.
      let client = HTTPClient(
        eventLoopGroupProvider: .singleton,
        configuration: HTTPClient.Configuration(tlsConfiguration: trust))
      var configuration = DatastoreServer.Configuration()
      configuration.tls = tls
      try await withServer(configuration) { server in
        var request = HTTPClientRequest(url: "https://\(server.address)/")
        request.headers.add(name: "accept", value: "text/html,application/xhtml+xml")
        let response = try await client.execute(request, timeout: .minutes(5))
        #expect(response.status == .ok && response.version == .http1_1)
        let page = String(buffer: try await response.body.collect(upTo: 1 << 20))
        #expect(page.contains("<html"), "\(page)")
      }
      try await client.shutdown()
    }
  }
#endif
