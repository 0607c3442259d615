// SPDX-License-Identifier: Apache-2.0
#if Tracing
  internal import Arrival
  public import Tracing

  /// Makes spans for batches and for calls to services, through swift-distributed-tracing.
  ///
  /// ```swift
  /// InstrumentationSystem.bootstrap(tracer)          // your backend
  /// Instruments.install(TracingInstrument())
  /// ```
  ///
  /// A batch has a span from its sending to its end, named `users batch` after its batcher. A batch
  /// serves many callers and belongs to none of their traces. So its span starts a new trace, with
  /// a **link** to the span of each load in it. Loads under one span make one link.
  ///
  /// Calls to services (`datastore lookup`, and those of `Instruments.withRPC`) have spans too.
  /// Inside an operation they are children of the batch's span, and otherwise of the calling
  /// code's. Spans that other libraries make inside a call are children of the call's. For spans
  /// that they make elsewhere in an operation, use ``withBatchSpan(_:)``.
  ///
  /// A cache that throws and a ring of waits that is found, as `cache failed` and `deadlock`, are
  /// events of the span of the batch in whose operation this happens. Elsewhere there is no span
  /// to add them to: metrics and logs have them all.
  ///
  /// Tasklets have no spans of their own. They inherit the caller's context as every task does, so
  /// `withSpan` inside them nests.
  public final class TracingInstrument: Sendable {
    private let given: (any Tracer)?
    private let spans = Lock(OpenSpans())
    /// The batch whose span, or that of a call inside it, is the parent of spans made here.
    @TaskLocal private static var entered: BatchID?

    /// - Parameter tracer: makes the spans; `nil`: the tracer of `InstrumentationSystem` at the
    ///   time.
    public init(tracer: (any Tracer)? = nil) { given = tracer }

    private var tracer: any Tracer { given ?? InstrumentationSystem.tracer }

    /// Runs the body with the batch's span as the parent of spans that are made inside, by a
    /// database driver or an HTTP client.
    ///
    /// Call it in the batch's operation. Outside operations, and while the instrument is not
    /// installed, it only runs the body.
    ///
    /// ```swift
    /// let users = Batcher<Int, User>("users") { (ids: [Int]) in
    ///   try await tracing.withBatchSpan { try await api.users(ids) }
    /// }
    /// ```
    public nonisolated(nonsending) func withBatchSpan<Reply>(
      _ body: () async throws -> Reply
    ) async rethrows -> Reply {
      guard let id = BatchCall.current?.id, let span = spans.withLock({ $0.span(of: id) }) else {
        return try await body()
      }
      return try await Self.$entered.withValue(id) {
        try await ServiceContext.$current.withValue(span.context) { try await body() }
      }
    }

    func handle(_ event: InstrumentEvent) {
      switch event {
      case .keyLoaded(let load): loaded(load)
      case .batchSent(let batch): sent(batch)
      case .batchDropped(let batch): finish(spans.withLock { $0.dropped(batch.id, batch.allLoads) })
      case .batchEnded(let batch): ended(batch)
      case .cacheFailed(let failure): note(failure)
      case .deadlockFound(let deadlock): note(deadlock)
      case .rpcBegan(let call): began(call)
      case .rpcEnded(let call): ended(call)
      default: break
      }
    }

    // MARK: Batches

    private func loaded(_ load: InstrumentEvent.KeyLoaded) {
      let context = ServiceContext.current
      guard let late = spans.withLock({ $0.loaded(load, context) }) else { return }
      // Another thread has sent its batch meanwhile.
      if let context = late.context {
        late.span.addLink(SpanLink(context: context, attributes: [:]))
      }
      finish(spans.withLock { $0.linked(late.batch) })
    }

    private func sent(_ batch: InstrumentEvent.BatchSent) {
      let span = tracer.startAnySpan(
        "\(batch.id.batcher) batch", context: .topLevel, ofKind: .internal)
      span.updateAttributes { attributes in
        attributes["arrival.batcher"] = batch.id.batcher
        attributes["arrival.batch"] = batch.id.number
        attributes["arrival.reason"] = "\(batch.reason)"
        attributes["arrival.keys"] = batch.keys
        attributes["arrival.loads"] = batch.loads
        attributes["arrival.waited_us"] = Int(clamping: batch.waited.microseconds)
        if let weight = batch.weight { attributes["arrival.weight"] = weight }
      }
      let links = spans.withLock { $0.sent(batch.id, span, batch.allLoads) }
      for context in links { span.addLink(SpanLink(context: context, attributes: [:])) }
    }

    private func ended(_ batch: InstrumentEvent.BatchEnded) {
      let now = DefaultTracerClock.now
      if let span = spans.withLock({ $0.span(of: batch.id) }) { span.note(batch.error) }
      finish(spans.withLock { $0.ended(batch.id, now) })
    }

    private func finish(_ finished: [OpenSpans.Finished]) {
      for finished in finished { finished.span.end(at: finished.end) }
    }

    // MARK: Problems inside of operations

    private func note(_ failure: InstrumentEvent.CacheFailed) {
      note("cache failed", failure.error) { attributes in
        attributes["arrival.batcher"] = failure.batcher
        attributes["arrival.operation"] = failure.operation.rawValue
      }
    }

    private func note(_ deadlock: InstrumentEvent.DeadlockFound) {
      note("deadlock", deadlock.error) { $0["arrival.count"] = deadlock.count }
    }

    private func note(
      _ name: String, _ error: any Error, _ add: (inout SpanAttributes) -> Void
    ) {
      guard let batch = BatchCall.current?.id, let span = spans.withLock({ $0.span(of: batch) })
      else { return }
      var attributes = SpanAttributes()
      add(&attributes)
      attributes["error.type"] = "\(type(of: error))"
      attributes["error.message"] = "\(error)"
      span.addEvent(SpanEvent(name: name, attributes: attributes))
    }

    // MARK: Calls

    /// Makes a call whose span is the parent of spans that are made inside.
    nonisolated(nonsending) func withSpan<Reply>(
      of call: RPCID, _ body: () async throws -> Reply
    ) async rethrows -> Reply {
      guard let span = spans.withLock({ $0.calls[call] }) else { return try await body() }
      return try await Self.$entered.withValue(BatchCall.current?.id) {
        try await ServiceContext.$current.withValue(span.context) { try await body() }
      }
    }

    private func began(_ call: InstrumentEvent.RPCBegan) {
      let batch = BatchCall.current?.id
      let parent =
        batch == Self.entered
        ? nil
        : batch.flatMap { id in
          spans.withLock { $0.span(of: id) }
        }
      let span = tracer.startAnySpan(
        "\(call.service) \(call.method)",
        context: parent?.context ?? ServiceContext.current ?? .topLevel, ofKind: .client)
      span.updateAttributes { attributes in
        attributes["rpc.service"] = call.service
        attributes["rpc.method"] = call.method
        attributes["arrival.items"] = call.items
      }
      spans.withLock { $0.calls[call.id] = span }
    }

    private func ended(_ call: InstrumentEvent.RPCEnded) {
      guard let span = spans.withLock({ $0.calls.removeValue(forKey: call.id) }) else { return }
      span.note(call.error)
      span.end()
    }
  }

  extension Tracing.Span {
    fileprivate func note(_ error: (any Error)?) {
      guard let error else { return }
      recordError(error)
      setStatus(SpanStatus(code: .error))
    }
  }

  extension Duration {
    fileprivate var microseconds: Int64 {
      let parts = components
      let (seconds, overflow) = parts.seconds.multipliedReportingOverflow(by: 1_000_000)
      return overflow ? .max : seconds + parts.attoseconds / 1_000_000_000_000
    }
  }
#endif
