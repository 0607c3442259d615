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
/// `BANK_FILE` is the path of the file, `BANK_HOST` and `BANK_PORT` the address, `BANK_DEBUG_PORT`
/// the port of the routes for operators, and `BANK_TRACES=1` keeps spans.
@main
struct Bank {
  static func main() async throws {
    let environment = ProcessInfo.processInfo.environment
    func port(_ name: String) -> Int? { environment[name].flatMap(Int.init) }
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

    let datastore = Datastore(
      backend: try SQLiteBackend(path: environment["BANK_FILE"] ?? "bank.db"))
    var bank = Application(
      router: makeRouter(datastore),
      configuration: .init(
        address: .hostname(environment["BANK_HOST"] ?? "127.0.0.1", port: port("BANK_PORT") ?? 8080)
      ),
      logger: logger)
    // The routes for operators name functions, files and keys, so clients must not reach them.
    let operators = Application(
      router: makeOperatorRouter(datastore, metrics, tracer),
      configuration: .init(address: .hostname("127.0.0.1", port: port("BANK_DEBUG_PORT") ?? 8081)),
      logger: logger)
    // Closed after the server: requests under way end first.
    bank.addServices(DatastoreService(datastore, within: .seconds(10)), operators)
    // Until SIGTERM or Control-C.
    try await bank.runService()
    logger.info("The bank is closed")
  }
}

/// What clients may reach.
func makeRouter(_ datastore: Datastore) -> Router<BankContext> {
  let router = Router(context: BankContext.self)
  // The first is the outermost: these see the statuses that the last makes of errors.
  router.add(middleware: TracingMiddleware())
  router.add(middleware: MetricsMiddleware())
  router.add(middleware: LogRequestsMiddleware(.info))
  router.add(middleware: ArrivalMiddleware(datastore: datastore))
  addAccountRoutes(to: router, datastore)
  addTransferRoute(to: router, datastore)
  addUploadRoute(to: router, datastore)
  // For the load balancer: 503 when the datastore is closed or cannot be read.
  router.get("health") { _, _ in
    _ = try await datastore.get(Key("Health", id: 1), fresh: true).value
    return HTTPResponse.Status.ok
  }
  return router
}

/// What only operators may reach.
func makeOperatorRouter(
  _ datastore: Datastore, _ metrics: TextMetrics, _ tracer: InMemoryTracer? = nil
) -> Router<BasicRequestContext> {
  let router = Router()
  router.addArrivalDebugRoute("debug/arrival", datastore: datastore)
  router.get("metrics") { _, _ in metrics.text }
  if let tracer {
    router.get("debug/traces") { _, _ in
      tracer.popFinishedSpans().map { span in
        "\(span.operationName), parent \(span.parentSpanID ?? "none"), links \(span.links.count)"
      }.joined(separator: "\n") + "\n"
    }
  }
  return router
}
