// SPDX-License-Identifier: Apache-2.0
#if Cloud
  import Arrival
  import ArrivalDatastore
  import Foundation
  import GRPCNIOTransportHTTP2Posix
  import NIOCore
  import NIOPosix
  import NIOSSL
  import SwiftProtobuf
  import Synchronization
  import Testing

  import DatastoreProtos
  @testable import DatastoreCloud

  /// Who is believed to be the server. The certificates are made here, with the `openssl` program.
  @Suite struct TLSTests {
    private let files: TemporaryFiles

    init() throws { files = try TemporaryFiles() }

    private func path(_ name: String) -> String { files.folder.appending(path: name).path }

    /// Makes a certificate for `localhost`, by an authority of its own; `false` without `openssl`.
    private func makeCertificates() async throws -> Bool {
      let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
      _ = try files.write("subjectAltName=DNS:localhost", to: "names")
      let commands = [
        ["req", "-x509", "-days", "2", "-subj", "/CN=Authority of a test"] + key + [
          "-keyout", path("authority.key"), "-out", path("authority.pem"),
        ],
        ["req", "-subj", "/CN=localhost"] + key + [
          "-keyout", path("server.key"), "-out", path("request.pem"),
        ],
        [
          "x509", "-req", "-days", "2", "-in", path("request.pem"), "-CA", path("authority.pem"),
          "-CAkey", path("authority.key"), "-CAcreateserial", "-extfile", path("names"),
          "-out", path("server.pem"),
        ],
      ]
      for command in commands {
        let made = try await runProgram(["openssl"] + command)
        if made.status == 127 { return false }
        try #require(made.status == 0, "\(made.output)")
      }
      return true
    }

    /// A server with that certificate.
    private func server() async throws -> ScriptedServer? {
      guard try await makeCertificates() else { return nil }
      return try await ScriptedServer(
        .init(lookup: { request, _ in
          .with { reply in
            reply.missing = request.keys.map { key in .with { $0.entity.key = key } }
          }
        }),
        security: .tls(
          certificateChain: [.file(path: path("server.pem"), format: .pem)],
          privateKey: .file(path: path("server.key"), format: .pem)),
        isPlaintext: false, host: "localhost")
    }

    private func refusal(_ backend: CloudBackend) async throws -> DatastoreError {
      let error = try await #require(throws: DatastoreError.self) {
        _ = try await backend.lookup([Key("A", id: 1)])
      }
      return error
    }

    @Test func `A certificate from a configured authority is trusted`()
      async throws
    {
      guard let server = try await server() else { return }
      let backend = try server.backend { $0.certificateAuthorities = path("authority.pem") }
      #expect(try await backend.lookup([Key("A", id: 1)]).found.isEmpty)
      #expect(server.calls(.lookup) == 1)
    }

    @Test func `A certificate from an unknown authority is refused at once, with advice`()
      async throws
    {
      guard let server = try await server() else { return }
      // A deadline of ten minutes, and no wait for it.
      let error = try await refusal(server.backend())
      #expect(error.code == .failedPrecondition)
      #expect(error.message.contains("This machine does not trust the server's certificate"))
      #expect(error.message.contains("SSL_CERT_FILE"))
      #expect((error.cause as? CloudFailure)?.wasSent == false)
      #expect(server.calls(.lookup) == 0)
    }

    @Test func `A certificate for another host name is refused`() async throws {
      guard let server = try await server() else { return }
      let endpoint = DatastoreCloud.Endpoint(host: "127.0.0.1", port: server.endpoint.port)
      let error = try await refusal(
        server.backend(at: endpoint) { $0.certificateAuthorities = path("authority.pem") })
      #expect(error.code == .failedPrecondition)
      #expect(error.message.contains("for its host name"))
    }

    @Test
    func `A TLS connection on which the server stays silent is replaced`()
      async throws
    {
      guard try await makeCertificates() else { return }
      var security = TLSConfiguration.makeServerConfiguration(
        certificateChain: try NIOSSLCertificate.fromPEMFile(path("server.pem"))
          .map { .certificate($0) },
        privateKey: .privateKey(try NIOSSLPrivateKey(file: path("server.key"), format: .pem)))
      security.applicationProtocols = ["h2"]
      let context = try NIOSSLContext(configuration: security)
      let second = Promise<Void>()
      let connections = Mutex(0)
      // As a proxy whose server is dead: the handshake ends well, and nothing follows.
      let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
        .childChannelInitializer { channel in
          let count = connections.withLock { connections in
            connections += 1
            return connections
          }
          if count == 2 { second.succeed() }
          return channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
          }
        }.bind(host: "127.0.0.1", port: 0).get()
      let port = try #require(server.localAddress?.port)
      var configuration = CloudBackend.Configuration(
        project: "demo", endpoint: DatastoreCloud.Endpoint(host: "localhost", port: port))
      configuration.credentials = .none
      configuration.certificateAuthorities = path("authority.pem")
      configuration.bePatient()
      configuration.keepalive = .seconds(1)
      let backend = try CloudBackend(configuration)
      let reading = Future("reading") { try await backend.lookup([Key("A", id: 1)]).found }
      try await second.future.value
      reading.cancel()
      try await backend.close()
      try await server.close()
    }

    @Test
    func `SSL_CERT_FILE names the authorities, and an invalid file is refused with its path`()
      throws
    {
      let configuration = try CloudBackend.Configuration(
        project: "p", environment: ["SSL_CERT_FILE": "/etc/authorities.pem"])
      #expect(configuration.certificateAuthorities == "/etc/authorities.pem")
      let damaged = "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"
      for name in ["/nowhere.pem", try files.write("nothing"), try files.write(damaged, to: "d")] {
        var configuration = CloudBackend.Configuration(project: "p")
        configuration.credentials = .none
        configuration.certificateAuthorities = name
        let error = try #require(throws: DatastoreError.self) { try CloudBackend(configuration) }
        #expect(error.code == .invalidArgument)
        #expect(error.message.contains(name))
      }
    }
  }
#endif
