// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import DatastoreEngine

/// The time limit and the retries of a call.
struct CallLimits: Sendable {
  var timeLimit: Duration?
  var retry: RetryPolicy?

  /// The future of a call, repeated and limited.
  ///
  /// - Parameter writes: whether the call may take effect after its limit.
  func limit<Value: Sendable>(
    _ name: String, writes: Bool = false, at site: SourceSite,
    _ call: @escaping @Sendable () -> Future<Value>
  ) -> Future<Value> {
    // The first call is made at once, so that it shares a request with the calls beside it.
    let first = call()
    guard let retry else { return limited(first, name, writes: writes) }
    return limited(
      Future("\(name) with retries", on: nil, at: site) {
        try await Self.repeating(retry) { number in
          try await (number == 0 ? first : call()).value
        }
      }, name, writes: writes)
  }

  /// The limits of a write, which is repeated only if that cannot write twice.
  ///
  /// A failure that leaves the write in doubt is retried only if a second write changes nothing.
  func limits(of mutation: Mutation) -> CallLimits {
    if retry == nil || mutation.isRepeatable { return self }
    var limits = self
    limits.retry?.isTransient = { [isTransient = retry?.isTransient] error in
      guard let error = error as? DatastoreError, !error.code.leavesWritesInDoubt else {
        return false
      }
      return isTransient?(error) ?? false
    }
    return limits
  }

  /// The reply to a request, repeated and limited.
  func run<Reply: Sendable>(
    _ name: String, _ request: @escaping @Sendable () async throws -> Reply
  ) async throws -> Reply {
    if timeLimit == nil, retry == nil { return try await request() }
    let future = Future(name) { [retry] in
      guard let retry else { return try await request() }
      return try await Self.repeating(retry) { _ in try await request() }
    }
    return try await limited(future, name).value
  }

  private func limited<Value: Sendable>(
    _ future: Future<Value>, _ name: String, writes: Bool = false
  ) -> Future<Value> {
    guard let timeLimit else { return future }
    return future.timeout(after: timeLimit).recover { error in
      guard error is TimeoutError else { throw error }
      throw DatastoreError(
        .deadlineExceeded,
        "The \(name) took longer than its time limit of \(timeLimit)."
          + (writes ? " It may still take effect." : ""), cause: error)
    }
  }

  private static func repeating<Value: Sendable>(
    _ policy: RetryPolicy, _ call: (Int) async throws -> Value
  ) async throws -> Value {
    let executor = TaskletExecutor.current
    let begun = executor.now()
    var retries = 0
    while true {
      do {
        return try await call(retries)
      } catch {
        let isLate =
          policy.timeLimit.map { .nanoseconds(executor.now() - begun) >= $0 } ?? false
        guard policy.isTransient(error), retries < policy.maxRetries, !isLate else { throw error }
        retries += 1
        try await Future.sleep(
          for: policy.delay(before: retries, random: .random(in: 0..<1))
        ).value
      }
    }
  }
}

extension Mutation {
  /// Whether writing it a second time changes nothing, and is no error.
  fileprivate var isRepeatable: Bool {
    if case .insert = operation { return false }
    guard key?.isComplete == true, conflictDetection == nil else { return false }
    return propertyTransforms.allSatisfy { transform in
      switch transform.operation {
      case .increment: false
      case .setToServerTime, .maximum, .minimum, .appendMissingElements, .removeAllFromArray: true
      }
    }
  }
}

/// Sends the requests of a query within limits.
struct LimitedSource: QuerySource {
  let base: any QuerySource
  let limits: CallLimits

  var executor: TaskletExecutor? { base.executor }

  func enter() throws(DatastoreError) -> InFlightCalls.Entry? { try base.enter() }

  func reply(to request: QueryRequest) async throws -> QueryReply {
    try await limits.run("query") { [base] in try await base.reply(to: request) }
  }

  func reply(to request: AggregationRequest) async throws -> AggregationReply {
    try await limits.run("aggregation") { [base] in try await base.reply(to: request) }
  }

  func explain(_ request: QueryRequest, _ options: ExplainOptions) async throws -> QueryReply {
    try await limits.run("explanation") { [base] in try await base.explain(request, options) }
  }

  func explain(
    _ request: AggregationRequest, _ options: ExplainOptions
  ) async throws -> AggregationReply {
    try await limits.run("explanation") { [base] in try await base.explain(request, options) }
  }
}
