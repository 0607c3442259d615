internal import Synchronization

/// What a batcher does about calls that fail.
struct Recovery: Sendable {
  let policy: RetryPolicy?
  let isolates: Bool
  private let isTooLarge: (@Sendable (any Error) -> Bool)?
  private let shared: Shared

  /// What all batches have in common.
  private final class Shared: Sendable {
    let generator: Lock<SeededGenerator>
    let allowance: Lock<RetryAllowance>?

    init(_ policy: RetryPolicy?) {
      generator = Lock(SeededGenerator(seed: policy?.seed ?? .random(in: .min ... .max)))
      allowance = policy?.budget.map { Lock(RetryAllowance($0)) }
    }
  }

  /// `nil` if nothing is done.
  init?(
    _ policy: RetryPolicy?, _ isTooLarge: (@Sendable (any Error) -> Bool)?, isolates: Bool
  ) {
    if policy == nil, isTooLarge == nil, !isolates { return nil }
    policy?.check()
    self.policy = policy
    self.isTooLarge = isTooLarge
    self.isolates = isolates
    shared = Shared(policy)
  }

  func kind(of error: any Error) -> CallPlan.Kind {
    if error is CancellationError { return .cancellation }
    if let isTooLarge, isTooLarge(error) { return .tooLarge }
    return policy?.isTransient(error) == true ? .transient : .other
  }

  /// From 0 up to 1.
  func random() -> Double {
    shared.generator.withLock { Double.random(in: 0..<1, using: &$0) }
  }

  func called() { shared.allowance?.withLock { $0.called() } }
  func spend() -> Bool { shared.allowance?.withLock { $0.spend() } ?? true }
}

extension BatcherCore {
  /// Makes the calls for a batch, one after the other: all of its keys, and those again that come
  /// back from the plan.
  nonisolated(nonsending) func run(_ batch: BatchCore, _ recovery: Recovery) async {
    var run = BatchRun(batch, recovery, self)
    recovery.called()
    while let keys = run.next() { await run.call(keys) }
    end(batch, run.error) { run.complete() }
  }
}

/// The calls for one batch: the effects around ``CallPlan``.
private struct BatchRun {
  private let batch: BatchCore
  private let recovery: Recovery
  private let core: BatcherCore
  private var plan: CallPlan
  private var info: BatchCall
  private var calls = 0
  /// The next call repeats an earlier one.
  private var isRetry = false
  /// What the last call of all brought, told when the turn has ended.
  private var last: (() -> Void)?
  /// The last error that a call failed its keys with.
  private(set) var error: (any Error)?

  init(_ batch: BatchCore, _ recovery: Recovery, _ core: BatcherCore) {
    self.batch = batch
    self.recovery = recovery
    self.core = core
    plan = CallPlan(count: batch.size, policy: recovery.policy, isolates: recovery.isolates)
    info = BatchCall(batch)
  }

  /// The keys of the next call, without those that nobody waits for any more.
  mutating func next() -> CallPlan.Keys? {
    while let keys = plan.next() {
      if calls == 0 { return keys }
      let wanted = batch.wanted(keys.places(of: batch.size))
      if !wanted.isEmpty { return .some(wanted) }
    }
    return nil
  }

  nonisolated(nonsending) mutating func call(_ keys: CallPlan.Keys) async {
    calls += 1
    info.attempt = calls
    if calls > 1 { core.change { [isRetry] in $0.callsAgain(isRetry: isRetry) } }
    isRetry = false
    do {
      let (core, batch) = (core, batch)
      let complete = try await BatchCall.$current.withValue(info) {
        try await core.operation(batch, keys.some)
      }
      await succeeded(complete)
    } catch {
      await failed(keys, error)
    }
  }

  /// The call went well, though some of its keys may be called for again.
  private nonisolated(nonsending) mutating func succeeded(
    _ complete: @escaping BatcherCore.Completion
  ) async {
    guard recovery.policy != nil else {
      tell { _ = complete(nil) }
      return
    }
    var plan = plan
    // Asked for once a call, at its first error that may pass.
    var answer: Duration??
    batch.tell {
      let again = complete { [recovery, calls, core, elapsed] error in
        guard recovery.kind(of: error) == .transient else { return error }
        let delay =
          answer ?? plan.retry(elapsed: elapsed, random: recovery.random(), spend: recovery.spend)
        answer = .some(delay)
        return delay != nil
          ? nil : RetryError(batcher: core.name, attempts: calls, last: error)
      }
      if !again.isEmpty { plan.callAgain(again) }
    }
    self.plan = plan
    if let delay = answer ?? nil { await pause(delay) }
  }

  private nonisolated(nonsending) mutating func failed(
    _ keys: CallPlan.Keys, _ error: any Error
  ) async {
    let answer = plan.failed(
      keys, recovery.kind(of: error), elapsed: elapsed, random: recovery.random(),
      spend: recovery.spend)
    switch answer {
    case .halved: break
    case .retried(let delay): await pause(delay)
    case .failed: fail(keys, with: core.cause(of: error, in: batch))
    case .exhausted: fail(keys, with: RetryError(batcher: core.name, attempts: calls, last: error))
    }
  }

  private mutating func fail(_ keys: CallPlan.Keys, with error: any Error) {
    self.error = error
    tell { [batch] in batch.fail(with: error, keys) }
  }

  /// Tells futures what became of them: at once, or when the turn has ended if it was the last call.
  private mutating func tell(_ complete: @escaping () -> Void) {
    if plan.isAtLast { last = complete } else { batch.tell(complete) }
  }

  func complete() {
    last?()
    // Nothing is left but what was done before its call; so this is for safety alone.
    batch.fail(with: CancellationError())
  }

  private nonisolated(nonsending) mutating func pause(_ delay: Duration) async {
    isRetry = true
    if delay == .zero { return }
    do {
      try await Future.sleep(for: delay, on: batch.executor).value
    } catch {
      // Cancelled, because nobody waits any more or the executor shuts down.
      while plan.next() != nil {}
      let error = core.cause(of: error, in: batch)
      self.error = error
      last = { [batch] in batch.fail(with: error) }
    }
  }

  private var elapsed: Duration {
    let now = batch.executor.now()
    return .nanoseconds(now > batch.sent ? Int64(clamping: now - batch.sent) : 0)
  }
}

extension CallPlan.Keys {
  /// The places of some of a batch's keys; `nil` for all of them.
  fileprivate var some: [Int]? { if case .some(let keys) = self { keys } else { nil } }

  fileprivate func places(of size: Int) -> [Int] { some ?? Array(0..<size) }
}
