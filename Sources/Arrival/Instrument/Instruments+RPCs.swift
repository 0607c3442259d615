// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

extension Instruments {
  private static let nextRPC = Atomic<UInt64>(1)

  /// Makes a call to a service, and reports its beginning and end to the instruments.
  ///
  /// For backends and clients of other services, so that metrics and traces show their calls beside
  /// those of the datastore:
  ///
  /// ```swift
  /// let prices = Batcher<String, Price>("prices") { (symbols: [String]) in
  ///   try await Instruments.withRPC("market", "prices", items: symbols.count) {
  ///     try await client.prices(of: symbols)
  ///   }
  /// }
  /// ```
  ///
  /// Without an instrument it only makes the call. With the one of `ArrivalTracing`, spans that are
  /// made inside, such as those of a driver, are children of the call's span.
  ///
  /// - Parameters:
  ///   - service: the service that is called. One of few names: it is a dimension of metrics.
  ///   - method: the method that is called; the same holds.
  ///   - items: how many items the call is for, such as keys.
  ///   - call: makes the call. Each attempt is a call of its own.
  /// - Returns: what `call` returns.
  /// - Throws: what `call` throws. The instruments are told of the error.
  public nonisolated(nonsending) static func withRPC<Reply>(
    _ service: String, _ method: String, items: Int, _ call: () async throws -> Reply
  ) async rethrows -> Reply {
    guard Instruments.isOn else { return try await call() }
    let id = RPCID(number: nextRPC.wrappingAdd(1, ordering: .relaxed).oldValue)
    let start = monotonicNow()
    func ended(_ error: (any Error)?) {
      Instruments.record(
        .rpcEnded(
          .init(
            id: id, service: service, method: method, duration: .since(start, monotonicNow()),
            error: error)))
    }
    Instruments.record(
      .rpcBegan(.init(id: id, service: service, method: method, items: items)))
    do {
      let reply = try await surrounded(by: rpcScopes[...], id, call)
      ended(nil)
      return reply
    } catch {
      ended(error)
      throw error
    }
  }

  private nonisolated(nonsending) static func surrounded<Reply>(
    by scopes: ArraySlice<any RPCScope>, _ id: RPCID, _ call: () async throws -> Reply
  ) async rethrows -> Reply {
    guard let scope = scopes.first else { return try await call() }
    return try await scope.surround(id) {
      try await surrounded(by: scopes.dropFirst(), id, call)
    }
  }
}

/// An instrument that sets task-local values around calls to services.
package protocol RPCScope: Instrument {
  /// Makes the call, and does nothing else that it could notice.
  nonisolated(nonsending) func surround<Reply>(
    _ id: RPCID, _ call: () async throws -> Reply
  ) async rethrows -> Reply
}
