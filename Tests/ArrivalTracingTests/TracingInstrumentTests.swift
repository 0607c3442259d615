// SPDX-License-Identifier: Apache-2.0
#if Tracing
  import Arrival
  import ArrivalTesting
  import ArrivalTracing
  import InMemoryTracing
  import Testing
  import Tracing

  /// The spans of batches and their links. Other tests run at the same time, and their batches
  /// reach these tracers too, so each test has its own names.
  @Suite struct TracingInstrumentTests {
    let manual = ManualExecutor()
    let tracer = InMemoryTracer()

    private func spans(_ name: String) -> [FinishedInMemorySpan] {
      tracer.finishedSpans.filter { $0.operationName == name }
    }

    private func isActive(_ name: String) -> Bool {
      tracer.activeSpans.contains { $0.operationName == name }
    }

    private func linked(_ span: FinishedInMemorySpan) -> [String] {
      span.links.compactMap { $0.context.inMemorySpanContext?.spanID }
    }

    @Test func `A batch's span has one link to each caller's span and no parent`() throws {
      let tracing = TracingInstrument(tracer: tracer)
      let registration = Instruments.install(tracing)
      defer { registration.remove() }
      let batcher = Batcher<Int, Int>("linked", on: manual.executor) { (keys: [Int]) in keys }
      let callers = (0..<3).map { caller in
        Future(on: manual.executor) { [tracer] in
          try await tracer.withSpan("caller \(caller)") { span in
            _ = try await Future.all(batcher.load(contentsOf: [1, 2, caller])).value
            return span.spanID
          }
        }
      }
      // A load outside any span.
      _ = Future(on: manual.executor) { try await batcher.load(7).value }
      manual.run()
      let span = try #require(spans("linked batch").first)
      #expect(spans("linked batch").count == 1)
      #expect(linked(span) == (try callers.map { try $0.getResult() }))
      #expect(span.spanContext.parentSpanID == nil)
      #expect(span.attributes["arrival.keys"]?.toSpanAttribute() == .int64(4))
      #expect(span.attributes["arrival.loads"]?.toSpanAttribute() == .int64(10))
      #expect(span.attributes["arrival.reason"]?.toSpanAttribute() == .string("quiescence"))
      #expect(span.errors.isEmpty && span.status == nil)
      #expect(!isActive("linked batch"))
    }

    @Test func `A load that was held links its caller's span, not the span that let it go on`()
      throws
    {
      let registration = Instruments.install(TracingInstrument(tracer: tracer))
      defer { registration.remove() }
      let batcher = Batcher<Int, Int>(
        "held", configuration: .init(deduplicates: false), on: manual.executor,
        conflicts: .by { _ in 0 }
      ) { (keys: [Int]) in keys }
      let callers = (0..<3).map { caller in
        tracer.withSpan("caller") { span in
          let future = batcher.load(caller)
          if caller == 1 { future.cancel() }
          return span.spanID
        }
      }
      manual.advance(by: .milliseconds(1))
      #expect(spans("held batch").map(linked) == [[callers[0]], [callers[2]]])
      #expect(!isActive("held batch"))
    }

    @Test func `Spans inside withBatchSpan are children of the batch's span`() throws {
      let tracing = TracingInstrument(tracer: tracer)
      let registration = Instruments.install(tracing)
      defer { registration.remove() }
      let batcher = Batcher<Int, Int>("nesting", on: manual.executor) { [tracer] (keys: [Int]) in
        try await tracing.withBatchSpan {
          try tracer.withSpan("query") { _ in
            if keys.contains(13) { throw CancellationError() }
            return keys
          }
        }
      }
      _ = batcher.load(1)
      manual.advance(by: .milliseconds(1))
      let batch = try #require(spans("nesting batch").first)
      #expect(spans("query").first?.spanContext.parentSpanID == batch.spanContext.spanID)
      _ = batcher.load(13)
      manual.advance(by: .milliseconds(1))
      #expect(spans("nesting batch").last?.errors.count == 1)
      #expect(spans("nesting batch").last?.status?.code == .error)
    }

    @Test func `Without withBatchSpan an operation's spans are in no caller's trace`() throws {
      let batcher = Batcher<Int, Int>(
        "adrift", configuration: .init(maxBatchSize: 2), on: manual.executor
      ) { [tracer] (keys: [Int]) in
        tracer.withSpan("adrift query") { _ in keys }
      }
      for key in 0..<2 { tracer.withSpan("caller") { _ in _ = batcher.load(key) } }
      manual.run()
      let query = try #require(spans("adrift query").first)
      #expect(query.spanContext.parentSpanID == nil)
    }

    @Test func `withBatchSpan only runs its body if there is no batch`() async {
      let tracing = TracingInstrument(tracer: tracer)
      let value = await tracing.withBatchSpan { 7 }
      #expect(value == 7)
      #expect(tracer.finishedSpans.isEmpty)
    }

    @Test func `A dropped batch has no span and leaves nothing behind`() {
      let registration = Instruments.install(TracingInstrument(tracer: tracer))
      defer { registration.remove() }
      let batcher = Batcher<Int, Int>("nobody", on: manual.executor) { (keys: [Int]) in keys }
      tracer.withSpan("caller") { _ in batcher.load(1).cancel() }
      manual.advance(by: .milliseconds(1))
      #expect(spans("nobody batch").isEmpty)
      #expect(!isActive("nobody batch"))
    }

    @Test func `Loads from many threads are all linked, and every span ends`()
      async throws
    {
      let registration = Instruments.install(TracingInstrument(tracer: tracer))
      defer { registration.remove() }
      let batcher = Batcher<Int, Int>(
        "crowded", configuration: .init(maxBatchSize: 3)
      ) { (keys: [Int]) in keys }
      let callers = await withTaskGroup(of: String.self) { group in
        for caller in 0..<200 {
          group.addTask { [tracer] in
            await tracer.withSpan("caller") { span in
              _ = await batcher.load(caller).result
              return span.spanID
            }
          }
        }
        return await group.reduce(into: Set<String>()) { $0.insert($1) }
      }
      await batcher.flush()
      // The event of a load may come shortly after its future is done.
      while spans("crowded batch").flatMap(linked).count < 200 { await Task.yield() }
      let links = spans("crowded batch").flatMap(linked)
      #expect(links.count == 200 && Set(links) == callers)
      #expect(!isActive("crowded batch"))
    }
  }
#endif
