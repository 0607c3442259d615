// SPDX-License-Identifier: Apache-2.0
#if Tracing
  internal import Arrival
  internal import Tracing

  /// The spans that are open, and the contexts they are linked to. Pure.
  ///
  /// Loads come from several threads. So the event of a load may come after the event that its
  /// batch was sent, and even after the event that it ended. Therefore the span of a batch ends
  /// when the batch has ended *and* an event has come for each of its loads.
  struct OpenSpans: Sendable {
    /// A span that can be ended.
    struct Finished: Sendable {
      let span: any Tracing.Span
      let end: DefaultTracerClock.Timestamp
    }

    /// A load whose batch has a span already: link the span, and then call `linked`.
    struct Late: Sendable {
      let batch: BatchID
      let span: any Tracing.Span
      let context: ServiceContext?
    }

    private struct Batch {
      /// The callers' contexts, each once. Emptied when there is a span.
      var links: [ServiceContext] = []
      var known: Set<SameContext> = []
      /// For how many loads an event has come, and how many there are.
      var linked = 0
      var allLoads: Int?
      var span: (any Tracing.Span)?
      /// When it ended, or was dropped.
      var end: DefaultTracerClock.Timestamp?
      var isDropped = false

      var isComplete: Bool { (end != nil || isDropped) && linked >= allLoads ?? .max }

      /// `true` if the context is new.
      mutating func know(_ context: ServiceContext) -> Bool {
        known.insert(SameContext(context: context)).inserted
      }
    }

    /// A load that is held: the caller's context. If the second event of the load comes first, what
    /// that event said.
    private enum Held {
      case waiting(ServiceContext?)
      case joined(BatchID)
      case dropped
    }

    /// How many ended batches may wait for events. A batch that was open at the installation waits
    /// in vain, because some of its events were missed.
    private static let maxWaiting = 64

    private var batches: [BatchID: Batch] = [:]
    private var waiting: [BatchID] = []
    private var held: [HoldID: Held] = [:]
    var calls: [RPCID: any Tracing.Span] = [:]

    /// Whether nothing is remembered.
    var isEmpty: Bool { batches.isEmpty && held.isEmpty && calls.isEmpty }

    func span(of batch: BatchID) -> (any Tracing.Span)? { batches[batch]?.span }

    // MARK: Loads

    mutating func loaded(_ load: InstrumentEvent.KeyLoaded, _ context: ServiceContext?) -> Late? {
      guard let hold = load.hold else {
        return load.batch.flatMap { loaded(into: $0, context) }
      }
      // The first event comes from the caller's thread, the second from the thread that lets the
      // load go on.
      switch (load.outcome, held.removeValue(forKey: hold)) {
      case (.held, nil): held[hold] = .waiting(context)
      case (.held, .joined(let batch)): return loaded(into: batch, context)
      case (.dropped, nil): held[hold] = .dropped
      case (_, .waiting(let context)):
        if let batch = load.batch { return loaded(into: batch, context) }
      case (_, nil): if let batch = load.batch { held[hold] = .joined(batch) }
      case (_, .dropped), (_, .joined): break
      }
      return nil
    }

    private mutating func loaded(into id: BatchID, _ context: ServiceContext?) -> Late? {
      let isNew = context.map { batches[id, default: Batch()].know($0) } ?? false
      if let span = batches[id]?.span {
        return Late(batch: id, span: span, context: isNew ? context : nil)
      }
      batches[id, default: Batch()].linked += 1
      if isNew, let context { batches[id]?.links.append(context) }
      _ = finishIfComplete(id)
      return nil
    }

    /// A late load was linked.
    mutating func linked(_ id: BatchID) -> [Finished] {
      batches[id]?.linked += 1
      return finishIfComplete(id)
    }

    // MARK: Batches

    /// Returns the contexts to link the span to.
    mutating func sent(
      _ id: BatchID, _ span: any Tracing.Span, _ allLoads: Int
    ) -> [ServiceContext] {
      var batch = batches[id] ?? Batch()
      let links = batch.links
      batch.links = []
      batch.span = span
      batch.allLoads = allLoads
      batches[id] = batch
      return links
    }

    mutating func ended(_ id: BatchID, _ end: DefaultTracerClock.Timestamp) -> [Finished] {
      // It was sent before the installation.
      guard batches[id]?.span != nil else { return [] }
      batches[id]?.end = end
      return finishIfComplete(id) + wait(id)
    }

    mutating func dropped(_ id: BatchID, _ allLoads: Int) -> [Finished] {
      batches[id, default: Batch()].isDropped = true
      batches[id]?.allLoads = allLoads
      return finishIfComplete(id) + wait(id)
    }

    private mutating func finishIfComplete(_ id: BatchID) -> [Finished] {
      guard let batch = batches[id], batch.isComplete else { return [] }
      return finish(id)
    }

    private mutating func finish(_ id: BatchID) -> [Finished] {
      waiting.removeAll { $0 == id }
      guard let batch = batches.removeValue(forKey: id), let span = batch.span, let end = batch.end
      else { return [] }
      return [Finished(span: span, end: end)]
    }

    /// A batch has ended, and events of its loads are missing.
    private mutating func wait(_ id: BatchID) -> [Finished] {
      guard batches[id] != nil else { return [] }
      waiting.append(id)
      return waiting.count > Self.maxWaiting ? finish(waiting[0]) : []
    }
  }

  /// A context that is equal to contexts with the same bytes in memory.
  ///
  /// Loads under one span usually have that. Contexts cannot be compared in any other way.
  private struct SameContext: Hashable, Sendable {
    let context: ServiceContext

    static func == (a: SameContext, b: SameContext) -> Bool {
      withUnsafeBytes(of: a.context) { a in
        withUnsafeBytes(of: b.context) { b in a.elementsEqual(b) }
      }
    }

    func hash(into hasher: inout Hasher) {
      withUnsafeBytes(of: context) { hasher.combine(bytes: $0) }
    }
  }
#endif
