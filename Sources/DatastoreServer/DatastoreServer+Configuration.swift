// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import DatastoreModel
  internal import NIOSSL

  extension DatastoreServer {
    /// Where and how a server listens.
    public struct Configuration: Sendable {
      /// The host name or address to listen on; `127.0.0.1` by default, for this machine alone.
      public var host: String
      /// The port; 0 by default, for one that is free. See ``DatastoreServer/address``.
      public var port: Int
      /// The certificate for TLS; `nil` by default, for plain text.
      public var tls: TLS?
      /// The token that every request must bring as `Authorization: Bearer TOKEN`; `nil` by
      /// default, for none.
      public var token: String?
      /// The largest request, in bytes; 10 MiB by default, as for Google's service.
      public var maxRequestBytes: Int = 10 * 1_024 * 1_024
      /// How long requests in flight may take at a shutdown; 5 seconds by default.
      public var shutdownLimit: Duration = .seconds(5)
      /// Takes the lines of the server's log; prints nothing by default.
      public var log: @Sendable (String) -> Void = { _ in }

      /// Makes a configuration.
      public init(
        host: String = "127.0.0.1", port: Int = 0, tls: TLS? = nil, token: String? = nil
      ) {
        self.host = host
        self.port = port
        self.tls = tls
        self.token = token
      }
    }

    /// A certificate and its private key, in files.
    public struct TLS: Sendable, Hashable {
      /// The path of a PEM file with the certificate and those that vouch for it.
      public var certificate: String
      /// The path of a PEM file with the private key.
      public var key: String

      /// Names the files.
      public init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
      }

      func context() throws -> NIOSSLContext {
        do {
          let chain = try NIOSSLCertificate.fromPEMFile(certificate)
          var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem)))
          // The first one that the client offers too. Browsers offer both and want the pages of
          // HTTP/1.1; clients of gRPC offer HTTP/2 alone.
          configuration.applicationProtocols = ["http/1.1", "h2"]
          return try NIOSSLContext(configuration: configuration)
        } catch {
          throw DatastoreError(
            .invalidArgument,
            """
            The certificate in \(certificate) and the key in \(key) cannot be used. Name PEM \
            files that belong together.
            """, cause: error)
        }
      }
    }
  }
#endif
