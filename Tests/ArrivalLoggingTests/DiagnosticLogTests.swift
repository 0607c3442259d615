// SPDX-License-Identifier: Apache-2.0
#if Logging
  import Arrival
  import ArrivalLogging
  import Logging
  import Synchronization
  import Testing

  struct Oops: Error {}

  /// Keeps the records.
  final class Records: Sendable {
    struct Record: Sendable {
      let level: Logger.Level
      let message: String
      let metadata: Logger.Metadata
    }

    private let records = Mutex<[Record]>([])
    private let arrived = Promise<Void>()

    var first: Record? {
      get async {
        try? await arrived.future.getResult(within: .seconds(10))
        return records.withLock { $0.first }
      }
    }

    func add(_ record: Record) {
      records.withLock { $0.append(record) }
      arrived.succeed()
    }

    func logger(_ label: String) -> Logger {
      Logger(label: label) { _ in Handler(records: self) }
    }

    private struct Handler: LogHandler {
      let records: Records
      var metadata: Logger.Metadata = [:]
      var logLevel = Logger.Level.trace

      subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
      }

      func log(event: LogEvent) {
        records.add(
          Record(
            level: event.level, message: "\(event.message)",
            metadata: metadata.merging(event.metadata ?? [:]) { $1 }))
      }
    }
  }

  @Suite(.serialized) struct DiagnosticLogTests {
    private let records = Records()

    @Test func `An unobserved failure is logged with what is known of it`() async throws {
      DiagnosticLog.install(records.logger("arrival")).remove()
      await Future<Int>("audit") { throw Oops() }.wait()
      let record = try #require(await records.first)
      #expect(record.level == .error)
      #expect(record.metadata["arrival.diagnostic"] == "unobservedFailure")
      #expect(record.metadata["arrival.future"] == "audit")
      #expect(record.metadata["error.type"] == "Oops")
      guard case .array(let frames)? = record.metadata["arrival.traceback"] else {
        Issue.record("there is no traceback")
        return
      }
      #expect(!frames.isEmpty)
    }

    @Test func `The request's own logger writes the record`() async throws {
      let base = Records()
      DiagnosticLog.install(base.logger("arrival")).remove()
      var logger = records.logger("request")
      logger[metadataKey: "request.id"] = "r7"
      withLogger(logger) { _ in
        _ = Future<Int>("audit") { throw Oops() }
      }
      let record = try #require(await records.first)
      #expect(record.metadata["request.id"] == "r7")
      #expect(record.metadata["arrival.future"] == "audit")
    }

    /// Outside of another `withLogger`, this one has no label.
    @Test func `Metadata that was added without a logger is in the record`() async throws {
      DiagnosticLog.install(records.logger("arrival")).remove()
      withLogger(mergingMetadata: ["request.id": "r8"]) { _ in
        _ = Future<Int>("audit") { throw Oops() }
      }
      let record = try #require(await records.first)
      #expect(record.metadata["request.id"] == "r8")
      #expect(record.metadata["arrival.future"] == "audit")
    }

    @Test func `A deadlock is logged with its ring`() async throws {
      let registration = DiagnosticLog.install(records.logger("arrival"))
      defer { registration.remove() }
      let place = Promise<Future<Int>>()
      let left = Future<Int>("left") { try await place.future.value.value }
      let right = Future<Int>("right") { try await left.value }
      place.succeed(right)
      await left.wait()
      await right.wait()
      _ = (await left.getException(), await right.getException())
      let record = try #require(await records.first)
      #expect(record.metadata["arrival.diagnostic"] == "deadlock")
      #expect(record.metadata["arrival.count"] == "2")
    }
  }
#endif
