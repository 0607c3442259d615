// SPDX-License-Identifier: Apache-2.0
#if Hummingbird
  import Hummingbird
  import HummingbirdTesting
  import InMemoryLogging
  import Logging

  /// Keeps what is logged as a warning or worse.
  struct Records: Sendable {
    private let handler: InMemoryLogHandler

    init() {
      var handler = InMemoryLogHandler()
      handler.logLevel = .warning
      self.handler = handler
    }

    var all: [InMemoryLogHandler.Entry] { handler.entries }
    var logger: Logger { Logger(label: "test") { [handler] _ in handler } }
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
