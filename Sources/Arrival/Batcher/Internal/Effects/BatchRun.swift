// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// Makes the calls for one batch where failures are dealt with: the effects around ``CallPlan``.
///
/// The calls are made one after the other: first for all keys, then again for those that come back
/// from the plan.
struct BatchRun {
  private let departure: Departure
  private let policy: FailurePolicy
  private let core: BatcherCore
  private var plan: CallPlan
  private var info: BatchCall
  private var calls = 0
  /// Whether the next call is a retry.
  private var isRetry = false
  /// Completes the futures of the very last call, once the batch's turn is over.
  private var last: (() -> Void)?
  /// The last error that a call failed its keys with.
  private var error: (any Error)?

  /// What is told the values of which keys; `nil` if nothing is.
  private let asked: (cache: BatchBacking, places: [Int])?

  init(_ departure: Departure, _ policy: FailurePolicy, _ core: BatcherCore) {
    self.departure = departure
    self.policy = policy
    self.core = core
    asked = nil
    plan = CallPlan(
      count: departure.batch.size, policy: policy.retry, isolates: policy.isolates)
    info = BatchCall(departure, of: core)
  }

  /// Calls for some of the keys, which a cache does not have, and gives it their values.
  init(
    _ departure: Departure, _ policy: FailurePolicy, _ core: BatcherCore, _ places: [Int],
    _ cache: BatchBacking
  ) {
    self.departure = departure
    self.policy = policy
    self.core = core
    asked = (cache, places)
    plan = CallPlan(
      count: departure.batch.size, policy: policy.retry, isolates: policy.isolates,
      keys: places.isEmpty ? nil : .some(places))
    info = BatchCall(departure, of: core)
  }

  private var batch: BatchCore { departure.batch }

  /// Makes all calls, and ends the batch.
  nonisolated(nonsending) mutating func callUntilDone() async {
    if !plan.isAtLast { policy.addCall() }
    while let keys = next() { await call(keys) }
    await storeValues()
    core.end(departure, error) { [last, batch] in
      last?()
      // For safety alone: every future that is still pending belonged to the last call.
      batch.fail(with: CancellationError())
    }
  }

  /// Loads do not wait for a cache to store their values.
  private nonisolated(nonsending) mutating func storeValues() async {
    guard let asked else { return }
    if let last { core.completeSome(of: batch, last) }
    last = nil
    await BatchCall.$current.withValue(info) { [batch] in
      await asked.cache.store(batch, asked.places)
    }
  }

  /// The keys of the next call, without those that no future waits for any more.
  private mutating func next() -> CallPlan.Keys? {
    while let keys = plan.next() {
      if calls == 0 { return keys }
      let wanted = core.locked { batch.wanted(keys.places ?? Array(0..<batch.size)) }
      if !wanted.isEmpty { return .some(wanted) }
    }
    return nil
  }

  private nonisolated(nonsending) mutating func call(_ keys: CallPlan.Keys) async {
    calls += 1
    info.attempt = calls
    if calls > 1 { core.change { [isRetry] in $0.callsAgain(isRetry: isRetry) } }
    isRetry = false
    do {
      let (core, batch) = (core, batch)
      let complete = try await BatchCall.$current.withValue(info) {
        try await core.operation(batch, keys.places)
      }
      await succeeded(complete)
    } catch {
      await failed(keys, error)
    }
  }

  /// A call succeeded, though it may have failed some of its keys, which may be requested again.
  private nonisolated(nonsending) mutating func succeeded(
    _ complete: @escaping BatcherCore.Completion
  ) async {
    guard policy.retry != nil else {
      completeFutures { _ = complete(nil) }
      return
    }
    var plan = plan
    // The plan is asked once for each call, at its first transient error.
    var answer: Duration??
    core.completeSome(of: batch) {
      let again = complete { [policy, calls, core, elapsed] error in
        guard policy.kind(of: error) == .transient else { return error }
        let delay =
          answer
          ?? plan.retry(elapsed: elapsed, random: policy.random(), takeRetry: policy.takeRetry)
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
      keys, policy.kind(of: error), elapsed: elapsed, random: policy.random(),
      takeRetry: policy.takeRetry)
    switch answer {
    case .halved: break
    case .retried(let delay): await pause(delay)
    case .failed: fail(keys, with: core.cause(of: error, in: batch))
    case .exhausted: fail(keys, with: RetryError(batcher: core.name, attempts: calls, last: error))
    }
  }

  private mutating func fail(_ keys: CallPlan.Keys, with error: any Error) {
    self.error = error
    completeFutures { [batch] in batch.fail(with: error, keys.places) }
  }

  /// Completes futures now, or once the batch's turn is over if this was the last call.
  private mutating func completeFutures(_ complete: @escaping () -> Void) {
    if plan.isAtLast { last = complete } else { core.completeSome(of: batch, complete) }
  }

  private nonisolated(nonsending) mutating func pause(_ delay: Duration) async {
    isRetry = true
    if delay == .zero { return }
    do {
      try await Future.sleep(for: delay, on: batch.executor).value
    } catch {
      // Cancelled: no future waits any more, or the executor shuts down.
      while plan.next() != nil {}
      let error = core.cause(of: error, in: batch)
      self.error = error
      last = { [batch] in batch.fail(with: error) }
    }
  }

  /// The time since the batch was sent.
  private var elapsed: Duration { .since(departure.sent, batch.clock.now()) }
}

extension CallPlan.Keys {
  /// The places of the keys in the batch; `nil` for all keys.
  fileprivate var places: [Int]? {
    switch self {
    case .all: nil
    case .some(let places): places
    }
  }
}
