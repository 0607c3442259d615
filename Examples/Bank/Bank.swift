// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalDatastore
import ArrivalHummingbird
import ArrivalLifecycle
import ArrivalLogging
import ArrivalMetrics
import ArrivalTracing
import DatastoreSQLite
import Foundation
import Hummingbird
import InMemoryTracing
import Logging
import Metrics
import Tracing

/// A bank: accounts, transfers between them, and uploads of many accounts, in one file.
///
/// `BANK_FILE` is the path of the file, `BANK_PORT` the port, `BANK_TRACES=1` keeps spans.
@main
struct Bank {
  static func main() async throws {
    let environment = ProcessInfo.processInfo.environment
    let logger = Logger(label: "bank")
    DiagnosticLog.install(Logger(label: "arrival"))

    // Your backend goes here, such as swift-prometheus. This one is a page of text.
    let metrics = TextMetrics()
    MetricsSystem.bootstrap(metrics)
    Instruments.install(MetricsInstrument())

    var tracer: InMemoryTracer?
    if environment["BANK_TRACES"] == "1" {
      // Here, too: swift-otel sends spans to a collector. This one keeps them until they are read.
      tracer = InMemoryTracer()
      InstrumentationSystem.bootstrap(tracer!)
      Instruments.install(TracingInstrument())
    }

    let file = environment["BANK_FILE"] ?? "bank.db"
    let datastore = Datastore(backend: try SQLiteBackend(path: file))
    var bank = Application(
      router: makeRouter(datastore, metrics, tracer),
      configuration: .init(
        address: .hostname("127.0.0.1", port: environment["BANK_PORT"].flatMap(Int.init) ?? 8080)),
      logger: logger)
    // Closed after the server: requests under way end first.
    bank.addServices(DatastoreService(datastore, within: .seconds(10)))
    // Until SIGTERM or Control-C.
    try await bank.runService()
    logger.info("The bank is closed")
  }
}

func makeRouter(
  _ datastore: Datastore, _ metrics: TextMetrics? = nil, _ tracer: InMemoryTracer? = nil
) -> Router<BasicRequestContext> {
  let router = Router()
  router.add(middleware: TracingMiddleware())
  router.add(middleware: MetricsMiddleware())
  router.add(middleware: LogRequestsMiddleware(.info))
  router.add(middleware: ArrivalMiddleware(datastore: datastore))
  addAccountRoutes(to: router, datastore)
  addTransferRoute(to: router, datastore)
  addUploadRoute(to: router, datastore)
  router.addArrivalDebugRoute("debug/arrival", datastore: datastore)
  if let metrics { router.get("metrics") { _, _ in metrics.text } }
  if let tracer {
    router.get("debug/traces") { _, _ in
      tracer.popFinishedSpans().map { span in
        "\(span.operationName), parent \(span.parentSpanID ?? "none"), links \(span.links.count)"
      }.joined(separator: "\n") + "\n"
    }
  }
  return router
}
