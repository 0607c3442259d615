// SPDX-License-Identifier: Apache-2.0
#if SQLite && Server
  internal import ArgumentParser
  internal import DatastoreServer

  /// Who may use the server, and whether others may listen.
  struct ServeSecurity: ParsableArguments {
    @Option(
      help: ArgumentHelp(
        "A PEM file with the certificate, for TLS. Needs --tls-key.", valueName: "file"))
    var tlsCert: String?
    @Option(help: ArgumentHelp("A PEM file with the certificate's key.", valueName: "file"))
    var tlsKey: String?
    @Option(
      help: ArgumentHelp(
        "A file with a token that clients must send: Authorization: Bearer TOKEN.",
        valueName: "file"))
    var tokenFile: String?

    func validate() throws {
      guard (tlsCert == nil) == (tlsKey == nil) else {
        throw ValidationError("--tls-cert and --tls-key go together")
      }
    }

    var hasTLS: Bool { tlsCert != nil }

    func tls() throws -> DatastoreServer.TLS? {
      guard let tlsCert, let tlsKey else { return nil }
      return DatastoreServer.TLS(certificate: tlsCert, key: tlsKey)
    }

    func token() throws -> String? {
      guard let tokenFile else { return nil }
      return try TokenFile(tokenFile).token()
    }

    /// Warns about an address that other machines can reach.
    func warn(about host: ServeAddress.Host) {
      if tokenFile == nil {
        complain(
          "arrival: warning: everyone who reaches \(host) can read and change the data; "
            + "--token-file demands a token")
      }
      if tlsCert == nil {
        complain(
          "arrival: warning: others on the network can read what is sent to \(host); "
            + "--tls-cert and --tls-key encrypt it")
      }
    }
  }
#endif
