// SPDX-License-Identifier: Apache-2.0
#if Logging
  public import Arrival
  public import Logging

  /// Writes what Arrival has to report as structured records of swift-log.
  ///
  /// ```swift
  /// LoggingSystem.bootstrap(StreamLogHandler.standardError)
  /// DiagnosticLog.install(Logger(label: "arrival"))
  /// ```
  ///
  /// Each record has metadata, for programs that search logs:
  ///
  /// | key | value |
  /// | --- | --- |
  /// | `arrival.diagnostic` | the kind, such as `unobservedFailure` or `deadlock` |
  /// | `arrival.future`, `arrival.created` | the name of the future, and where it was created |
  /// | `arrival.count` | how many futures failed with the error, or wait in the ring |
  /// | `arrival.executor`, `arrival.batcher` | whose problem it is |
  /// | `arrival.site` | where a thread blocks |
  /// | `arrival.traceback` | where the error came from, a list |
  /// | `arrival.ring` | the futures of a deadlock, a list |
  /// | `error.type`, `error.message` | the error |
  ///
  /// If the code concerned has a logger of its own, as the handlers of a Hummingbird server have
  /// with `Logger.current`, the record is written by that one, and keeps the request's metadata. If
  /// the code has only added metadata, the record has that too.
  public enum DiagnosticLog {
    /// Logs diagnostics, unobserved failures and deadlocks from now on.
    ///
    /// Replaces the handler of `Diagnostic.setHandler(_:)`, and installs an instrument for
    /// deadlocks.
    ///
    /// - Parameter logger: for code that has no logger of its own.
    /// - Returns: what removes the instrument again.
    @discardableResult
    public static func install(_ logger: Logger) -> InstrumentRegistration {
      Diagnostic.setHandler { write(Record($0), to: logger) }
      return Instruments.install(DeadlockInstrument(logger: logger))
    }

    fileprivate static func write(_ record: Record, to logger: Logger) {
      let current = Logger.current
      if !current.label.isEmpty {
        return current.log(
          level: record.level, "\(record.message)", metadata: record.metadata, source: "Arrival")
      }
      // Code outside of `withLogger` has a logger without a label. `withLogger(mergingMetadata:)`
      // adds to that one.
      logger.log(
        level: record.level, "\(record.message)",
        metadata: current.handler.metadata.merging(record.metadata) { _, ours in ours },
        source: "Arrival")
    }
  }

  private struct DeadlockInstrument: Instrument {
    let logger: Logger

    func record(_ event: InstrumentEvent) {
      guard case .deadlockFound(let deadlock) = event else { return }
      DiagnosticLog.write(Record(deadlock), to: logger)
    }
  }
#endif
