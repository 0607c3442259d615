// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

extension Instruments {
  private static let nextRPC = Atomic<UInt64>(1)

  /// Makes a call to a service, and reports its beginning and end to the instruments.
  package nonisolated(nonsending) static func withRPC<Reply>(
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
      let reply = try await call()
      ended(nil)
      return reply
    } catch {
      ended(error)
      throw error
    }
  }
}
