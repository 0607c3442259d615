// SPDX-License-Identifier: Apache-2.0
#if Tracing
  import Arrival
  import ArrivalTesting
  import ArrivalTracing
  import InMemoryTracing
  import Testing
  import Tracing

  /// The spans of calls to services, and the problems that are events of a batch's span.
  @Suite struct CallSpanTests {
    private let manual = ManualExecutor()
    private let tracer = InMemoryTracer()
    private struct Refused: Error {}

    private func spans(_ name: String) -> [FinishedInMemorySpan] {
      tracer.finishedSpans.filter { $0.operationName == name }
    }

    @Test func `A call has a span below that of the calling code`() async throws {
      let registration = Instruments.install(TracingInstrument(tracer: tracer))
      defer { registration.remove() }
      let caller = await tracer.withSpan("caller") { span in
        await Instruments.withRPC("market a", "prices", items: 3) {}
        return span.spanID
      }
      let span = try #require(spans("market a prices").first)
      #expect(span.spanContext.parentSpanID == caller)
      #expect(span.kind == .client && span.errors.isEmpty && span.status == nil)
      #expect(span.attributes["rpc.service"]?.toSpanAttribute() == .string("market a"))
      #expect(span.attributes["rpc.method"]?.toSpanAttribute() == .string("prices"))
      #expect(span.attributes["arrival.items"]?.toSpanAttribute() == .int64(3))
    }

    @Test func `A call that fails has an error in its span`() async throws {
      let registration = Instruments.install(TracingInstrument(tracer: tracer))
      defer { registration.remove() }
      await #expect(throws: Refused.self) {
        try await Instruments.withRPC("market b", "prices", items: 1) { throw Refused() }
      }
      let span = try #require(spans("market b prices").first)
      #expect(span.errors.count == 1 && span.status?.code == .error)
    }

    @Test func `Spans inside a call are children of its span`() async throws {
      let registration = Instruments.install(TracingInstrument(tracer: tracer))
      defer { registration.remove() }
      await Instruments.withRPC("market c", "prices", items: 1) {
        tracer.withSpan("query of c") { _ in }
        await Instruments.withRPC("market c", "currencies", items: 1) {}
      }
      let call = try #require(spans("market c prices").first).spanContext.spanID
      #expect(spans("query of c").first?.spanContext.parentSpanID == call)
      #expect(spans("market c currencies").first?.spanContext.parentSpanID == call)
    }

    @Test func `A call of an operation is a child of the batch's span, and a parent`() throws {
      let registration = Instruments.install(TracingInstrument(tracer: tracer))
      defer { registration.remove() }
      let batcher = Batcher<Int, Int>("calling", on: manual.executor) { [tracer] (keys: [Int]) in
        await Instruments.withRPC("market d", "prices", items: keys.count) {
          tracer.withSpan("query of d") { _ in }
          await Instruments.withRPC("market d", "attempt", items: 1) {}
          return keys
        }
      }
      _ = batcher.load(1)
      manual.advance(by: .milliseconds(1))
      let batch = try #require(spans("calling batch").first).spanContext.spanID
      let call = try #require(spans("market d prices").first)
      #expect(call.spanContext.parentSpanID == batch)
      #expect(spans("query of d").first?.spanContext.parentSpanID == call.spanContext.spanID)
      #expect(
        spans("market d attempt").first?.spanContext.parentSpanID == call.spanContext.spanID)
    }

    @Test func `Two tracers each see their own parents`() async throws {
      let other = InMemoryTracer()
      let registrations = [tracer, other].map {
        Instruments.install(TracingInstrument(tracer: $0))
      }
      defer { for registration in registrations { registration.remove() } }
      let reply = await Instruments.withRPC("market e", "prices", items: 1) { 7 }
      #expect(reply == 7)
      #expect(spans("market e prices").count == 1)
      #expect(other.finishedSpans.count { $0.operationName == "market e prices" } == 1)
    }

    // MARK: Problems

    private struct BrokenCache: BackingCache {
      func values(for keys: [Int]) async throws -> [Int: Int] { throw Refused() }
      func store(_ values: [Int: Int]) async throws { throw Refused() }
      func remove(_ keys: [Int]) async throws { throw Refused() }
      func removeAll() async throws { throw Refused() }
    }

    @Test func `A cache that fails is an event of the batch's span`() throws {
      let registration = Instruments.install(TracingInstrument(tracer: tracer))
      defer { registration.remove() }
      let batcher = Batcher<Int, Int>(
        "uncached", on: manual.executor, cache: .inFlight.backed(by: BrokenCache())
      ) { (keys: [Int]) in keys }
      _ = batcher.load(1)
      manual.advance(by: .milliseconds(1))
      let events = try #require(spans("uncached batch").first).events
      #expect(events.map(\.name) == ["cache failed", "cache failed"])
      let operations = events.map { $0.attributes["arrival.operation"]?.toSpanAttribute() }
      #expect(operations == [.string("get"), .string("store")])
    }

    @Test func `A deadlock in an operation is an event of the batch's span`() throws {
      let registration = Instruments.install(TracingInstrument(tracer: tracer))
      defer { registration.remove() }
      let place = Promise<Future<Int>>()
      let batcher = Batcher<Int, Int>("ringed", on: manual.executor) { (keys: [Int]) in
        let load = try await place.future.value
        return [try await load.value]
      }
      let load = batcher.load(1)
      manual.advance(by: .milliseconds(1))
      place.succeed(load)
      manual.run()
      #expect(load.getException() != nil)
      let events = try #require(spans("ringed batch").first).events
      #expect(events.map(\.name) == ["deadlock"])
    }
  }
#endif
