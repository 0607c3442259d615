#if Cloud
  public import Datastore
  private import FoundationEssentials

  extension CloudBackend {
    /// Which database to use, where it is, and how to call it.
    public struct Configuration: Sendable, Hashable {
      /// The project's ID.
      public var project: String
      /// The database's ID; empty, the default, for the default one.
      public var database: String
      /// Where the server listens. Default ``Endpoint/service``.
      public var endpoint: Endpoint
      /// How to prove who calls. Default ``Credentials/applicationDefault``; none for an emulator.
      public var credentials: Credentials
      /// The path of a file of certificates (PEM) whose authorities are trusted in place of the
      /// system's; `nil`, the default, for the system's. Read when the backend is made.
      public var certificateAuthorities: String?
      /// How long a call may take, repetitions and all. Default 30 s.
      public var deadline: Duration
      /// The most bytes of one request. Default 10 MiB, what the service takes; 4 MiB for an
      /// emulator.
      public var maxRequestBytes: Int
      /// How long calls may wait without a sign of life before the connection is tried, and given up
      /// after half as long again; one that is idle for twice as long is closed. Default 15 s.
      public var keepalive: Duration
      /// The most bytes of one reply.
      var maxReplyBytes = WireLimits.replyBytes
      /// Whether a transaction's first read begins it, which saves a call. Default `true`; `false` for an
      /// emulator, for Google's Firestore emulator locks the entities read so, and then nobody, the
      /// transaction included, can write them.
      public var beginsTransactionsWithReads: Bool

      /// Makes a configuration.
      ///
      /// - Parameters:
      ///   - project: The project's ID.
      ///   - database: The database's ID; empty or `(default)` for the default one.
      ///   - endpoint: Where the server listens.
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

      /// Makes a configuration from what the environment says, as Google's own libraries do.
      ///
      /// - Parameters:
      ///   - project: The project's ID; `nil` for that of `DATASTORE_PROJECT_ID`, or of
      ///     `GOOGLE_CLOUD_PROJECT` behind it.
      ///   - database: The database's ID; empty or `(default)` for the default one.
      ///   - environment: The variables; `nil` for those of the process. With
      ///     `DATASTORE_EMULATOR_HOST` set, that server is used, without TLS and without credentials.
      ///     `SSL_CERT_FILE` sets ``certificateAuthorities``, as it does for OpenSSL.
      /// - Throws: `DatastoreError` with `invalidArgument` if there is no project, or a variable cannot
      ///   be read.
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

      /// The address as `Datastore.open` takes it.
      var address: String {
        "datastore:\(project)\(database.isEmpty ? "" : "/\(database)") at \(endpoint)"
      }

      func check() throws(DatastoreError) {
        guard !project.isEmpty, !project.contains(where: { $0.isWhitespace || $0 == "/" }) else {
          throw DatastoreError(
            .invalidArgument,
            "\"\(project)\" is no project ID. It is a text like my-project-1, without spaces.")
        }
        guard deadline > .zero, keepalive > .zero, maxRequestBytes > 0 else {
          throw DatastoreError(
            .invalidArgument, "deadline, keepalive and maxRequestBytes must be more than zero.")
        }
        guard !endpoint.isPlaintext || credentials == .none || endpoint.isLoopback else {
          throw DatastoreError(
            .invalidArgument,
            """
            The credentials would go to \(endpoint) in clear text. Set credentials to .none for an \
            emulator, or use TLS (isPlaintext: false).
            """)
        }
      }
    }
  }

  extension Datastore.Configuration {
    /// For a server at the end of a network: commits of up to 3 MiB, eight at a time.
    ///
    /// The bytes are counted as ``Limits`` counts; a message has more, and must stay under 4 MiB for
    /// the servers that take no more.
    public static let cloud = Datastore.Configuration(
      maxCommitBytes: 3 * 1_024 * 1_024, maxConcurrentCommits: 8)
  }
#endif
