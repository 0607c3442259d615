internal import Arrival
internal import Synchronization

/// Turns puts and deletes into commits: the effects around ``CommitPlanner``.
///
/// The planner decides under the lock; loading, sending and completing happen outside of it.
final class WritePipeline: Sendable {
  typealias Planner = CommitPlanner<Write>

  /// A mutation, and the promise of one that was held and so has no batch's future yet.
  struct Write: Sendable {
    let mutation: Mutation
    let promise: Promise<Key>?
  }

  private let sender: CommitSender
  private let batcher: Batcher<Planner.Ticket, Key>
  private let counters: Counters
  private let nextID = Atomic(0)

  init(
    _ backend: any DatastoreBackend, _ configuration: Datastore.Configuration,
    _ executor: TaskletExecutor?, _ counters: Counters
  ) {
    let sender = CommitSender(backend, maxBytes: configuration.maxCommitBytes, counters)
    self.sender = sender
    self.counters = counters
    batcher = Batcher(
      "datastore commits",
      configuration: .init(
        maxBatchSize: configuration.maxCommitMutations, maxDelay: configuration.maxDelay,
        maxConcurrentBatches: configuration.maxConcurrentCommits, deduplicates: false),
      on: executor
    ) { (tickets: [Planner.Ticket]) -> [Result<Key, any Error>] in await sender.send(tickets) }
    // Weak, for the batcher holds the sender; a write under way holds the pipeline.
    sender.onRelease { [weak self] in self?.release($0) }
  }

  /// The future of a mutation that keeps the limits and adds `bytes` to its commit.
  func write(
    _ mutation: Mutation, bytes: Int, _ function: StaticString, _ file: StaticString, _ line: UInt
  ) -> Future<Key> {
    let key = mutation.key.flatMap { $0.isComplete ? $0 : nil }
    let id = nextID.add(1, ordering: .relaxed).newValue
    let answer = sender.planner.withLock { planner in
      planner.submit(id, key) { isHeld in
        let promise =
          isHeld ? Promise<Key>(function: function, file: file, line: line) : nil
        return Planner.Ticket(
          id: id, key: key, bytes: bytes, payload: Write(mutation: mutation, promise: promise))
      }
    }
    switch answer {
    case .hold(let ticket):
      counters.mutationHeld()
      // Made above, for a ticket that is held.
      return ticket.payload.promise!.future
    case .load(let ticket, let lane):
      return load(ticket, lane: lane, function, file, line)
    }
  }

  /// Waits until all that has been asked for has ended.
  func drain() async {
    while !sender.planner.withLock({ $0.isEmpty }) {
      await batcher.flush()
      await Task.yield()
    }
  }

  private func load(
    _ ticket: Planner.Ticket, lane: Int, _ function: StaticString = #function,
    _ file: StaticString = #fileID, _ line: UInt = #line
  ) -> Future<Key> {
    let future =
      lane == 0
      ? batcher.load(ticket, function: function, file: file, line: line)
      : batcher.load(ticket, lane: lane, function: function, file: file, line: line)
    // One that fails may never have been sent, and then has to let the next of its key go.
    future.onCompletion { [self] result in
      if case .success = result { return }
      if let next = sender.planner.withLock({ $0.abandon(ticket) }) { release(next) }
    }
    return future
  }

  /// Lets a mutation go that was held, or the next one if nobody waits for it any more.
  private func release(_ ready: Planner.Ready) {
    var next: Planner.Ready? = ready
    while let ready = next {
      guard let promise = ready.ticket.payload.promise, promise.future.done() else {
        let future = load(ready.ticket, lane: ready.lane)
        future.onCompletion { ready.ticket.payload.promise?.complete($0) }
        return
      }
      next = sender.planner.withLock { $0.abandon(ready.ticket) }
    }
  }
}

/// The operation behind the batcher of commits.
final class CommitSender: Sendable {
  typealias Planner = WritePipeline.Planner

  let planner: Lock<Planner>
  private let backend: any DatastoreBackend
  private let counters: Counters
  private let released = Lock<@Sendable (Planner.Ready) -> Void>({ _ in })

  init(_ backend: any DatastoreBackend, maxBytes: Int, _ counters: Counters) {
    planner = Lock(Planner(maxBytes: maxBytes))
    self.backend = backend
    self.counters = counters
  }

  /// Sets what is done with mutations that a commit was holding up.
  func onRelease(_ body: @escaping @Sendable (Planner.Ready) -> Void) {
    released.withLock { $0 = body }
  }

  /// Sends one commit; one outcome a ticket, in order.
  func send(_ tickets: [Planner.Ticket]) async -> [Result<Key, any Error>] {
    let sending = planner.withLock { $0.dispatch(tickets) }
    // A tasklet of its own, which is not cancelled when the last of its futures is: whether it has
    // written would not be known, and the next change of a key could overtake it.
    let running = Future("datastore commit") { await self.commit(sending) }
    let outcome =
      switch await running.result {
      case .success(let outcome): outcome
      case .failure(let error): sending.map { _ in Result<Key, any Error>.failure(error) }
      }
    let ready = planner.withLock { $0.finish(sending) }
    if !ready.isEmpty {
      let release = released.withLock { $0 }
      for ready in ready { release(ready) }
    }
    if sending.count == tickets.count { return outcome }
    // What was given up in the last moment has a place in the reply all the same.
    var outcomes = zip(sending, outcome).makeIterator()
    var next = outcomes.next()
    return tickets.map { ticket in
      guard let (sent, outcome) = next, sent == ticket else {
        return .failure(CancellationError())
      }
      next = outcomes.next()
      return outcome
    }
  }

  private func commit(_ tickets: [Planner.Ticket]) async -> [Result<Key, any Error>] {
    if tickets.isEmpty { return [] }
    do {
      let bytes = tickets.reduce(0) { $0 + $1.bytes }
      let reply = try await counters.count(.commit, items: tickets.count, bytes: bytes) {
        try await backend.commit(tickets.map(\.payload.mutation))
      }
      guard reply.keys.count == tickets.count else {
        throw DatastoreError(
          .internal,
          """
          The backend answered a commit of \(tickets.count) mutations with \(reply.keys.count) keys. \
          What was asked for is written; its keys are not known. Report this as a fault of the backend.
          """)
      }
      return reply.keys.map { .success($0) }
    } catch let error as DatastoreError where error.code == .tooLarge && tickets.count > 1 {
      // Nothing was written; in halves, one too large by itself fails alone.
      let half = tickets.count / 2
      return await commit(Array(tickets[..<half])) + commit(Array(tickets[half...]))
    } catch {
      return tickets.map { _ in .failure(error) }
    }
  }
}
