// SPDX-License-Identifier: Apache-2.0
#if Cloud
  public import DatastoreModel
  internal import DatastoreProtos
  private import FoundationEssentials

  extension CloudBackend {
    /// The database to use, its server, and how calls are made.
    public struct Configuration: Sendable, Hashable {
      /// The project's ID.
      public var project: String
      /// The database's ID. Default: empty, for the default database.
      public var database: String
      /// The server's address. Default: ``Endpoint/service``.
      public var endpoint: Endpoint
      /// How calls authenticate. Default: ``Credentials/applicationDefault``, or none for an
      /// emulator.
      public var credentials: Credentials
      /// The path of a PEM file with the certificate authorities to trust instead of the system's.
      ///
      /// Default: `nil`, for the system's. The file is read when the backend is created.
      public var certificateAuthorities: String?
      /// The time limit of a call, including its retries. Default: 30 s.
      public var deadline: Duration
      /// The largest request, in bytes. Default: 10 MiB, the limit of the service, or 4 MiB for an
      /// emulator.
      public var maxRequestBytes: Int
      /// How long the server may be silent before the client sends a ping. Default: 15 s.
      ///
      /// The connection is closed if the ping is not answered within half that time. An idle
      /// connection is closed after twice that time.
      public var keepalive: Duration
      /// The largest reply, in bytes.
      var maxReplyBytes = WireLimits.replyBytes
      /// Whether a transaction's first read also begins the transaction, which saves a call.
      ///
      /// Default: `true`, but `false` for an emulator. Google's Firestore emulator locks the
      /// entities of such a read against everyone, including the transaction itself.
      public var beginsTransactionsWithReads: Bool

      /// Creates a configuration.
      ///
      /// - Parameters:
      ///   - project: The project's ID.
      ///   - database: The database's ID; empty or `(default)` for the default database.
      ///   - endpoint: The server's address.
      public init(project: String, database: String = "", endpoint: Endpoint = .service) {
        self.project = project
        self.database = database == "(default)" ? "" : database
        self.endpoint = endpoint
        credentials = endpoint.isPlaintext ? .none : .applicationDefault
        deadline = .seconds(30)
        maxRequestBytes =
          endpoint.isPlaintext ? WireLimits.leastMessageBytes : WireLimits.serviceRequestBytes
        keepalive = .seconds(15)
        beginsTransactionsWithReads = !endpoint.isPlaintext
      }

      /// Creates a configuration from environment variables, as Google's own libraries do.
      ///
      /// - Parameters:
      ///   - project: The project's ID; `nil` for the value of `DATASTORE_PROJECT_ID`, or else of
      ///     `GOOGLE_CLOUD_PROJECT`.
      ///   - database: The database's ID; empty or `(default)` for the default database.
      ///   - environment: The variables; `nil` for those of the process. `DATASTORE_EMULATOR_HOST`
      ///     selects an emulator, without TLS and without credentials. `SSL_CERT_FILE` sets
      ///     ``certificateAuthorities``, as it does for OpenSSL.
      /// - Throws: `DatastoreError` with the code `invalidArgument` if no project is named or a
      ///   variable has no valid value.
      public init(
        project: String? = nil, database: String = "", environment: [String: String]? = nil
      ) throws(DatastoreError) {
        let environment = environment ?? ProcessInfo.processInfo.environment
        func variable(_ name: String) -> String? {
          environment[name].flatMap { $0.isEmpty ? nil : $0 }
        }
        guard
          let project = project ?? variable("DATASTORE_PROJECT_ID")
            ?? variable("GOOGLE_CLOUD_PROJECT")
        else {
          throw DatastoreError(
            .invalidArgument,
            """
            No project is named. Name it in the address (datastore:PROJECT), or set \
            DATASTORE_PROJECT_ID or GOOGLE_CLOUD_PROJECT.
            """)
        }
        if let emulator = variable("DATASTORE_EMULATOR_HOST") {
          self.init(
            project: project, database: database, endpoint: try Endpoint(emulator: emulator))
        } else {
          self.init(project: project, database: database)
        }
        certificateAuthorities = variable("SSL_CERT_FILE")
      }

      /// The address in the form that `Datastore.open` accepts, with the endpoint.
      var address: String {
        "datastore:\(project)\(database.isEmpty ? "" : "/\(database)") at \(endpoint)"
      }

      func check() throws(DatastoreError) {
        guard !project.isEmpty, !project.contains(where: { $0.isWhitespace || $0 == "/" }) else {
          throw DatastoreError(
            .invalidArgument,
            "\"\(project)\" is not a project ID. A project ID looks like my-project-1.")
        }
        guard deadline > .zero, keepalive > .zero, maxRequestBytes > 0 else {
          throw DatastoreError(
            .invalidArgument, "deadline, keepalive and maxRequestBytes must be greater than zero.")
        }
        guard !endpoint.isPlaintext || credentials == .none || endpoint.isLoopback else {
          throw DatastoreError(
            .invalidArgument,
            """
            The credentials would be sent to \(endpoint) unencrypted. Set credentials to .none for \
            an emulator, or use TLS (isPlaintext: false).
            """)
        }
      }
    }
  }
#endif
