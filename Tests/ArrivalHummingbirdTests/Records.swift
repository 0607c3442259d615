// SPDX-License-Identifier: Apache-2.0
#if Hummingbird
  import Hummingbird
  import HummingbirdTesting
  import Logging
  import Synchronization

  /// Keeps what is logged as a warning or worse.
  final class Records: Sendable {
    struct Record: Sendable {
      let level: Logger.Level
      let message: String
      let metadata: Logger.Metadata
    }

    private let records = Mutex<[Record]>([])

    var all: [Record] { records.withLock { $0 } }
    var logger: Logger { Logger(label: "test") { _ in Handler(records: self) } }

    private struct Handler: LogHandler {
      let records: Records
      var metadata: Logger.Metadata = [:]
      var logLevel = Logger.Level.warning

      subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
      }

      func log(event: LogEvent) {
        let record = Record(
          level: event.level, message: "\(event.message)",
          metadata: metadata.merging(event.metadata ?? [:]) { $1 })
        records.records.withLock { $0.append(record) }
      }
    }
  }

  extension Router<BasicRequestContext> {
    /// The response to a GET request.
    func response(_ uri: String, logger: Logger? = nil) async throws -> TestResponse {
      try await Application(router: self, logger: logger).test(.router) { client in
        try await client.executeRequest(uri: uri, method: .get, headers: [:], body: nil)
      }
    }
  }

  extension TestResponse {
    var text: String { String(buffer: body) }
  }
#endif
