internal import Synchronization

/// Tells one call to a service from all others of the process; prints as `rpc_7`.
public struct RPCID: Sendable, Hashable, CustomStringConvertible {
  /// The number of the call, counted from 1 over those that instruments were told of.
  public let number: UInt64

  public var description: String { "rpc_\(number)" }
}

extension InstrumentEvent {
  /// A call to a service begins.
  public struct RPCBegan: Sendable, Hashable {
    public let id: RPCID
    /// The service called: `datastore`.
    public let service: String
    /// What is called: `lookup`.
    public let method: String
    /// How many items the call is for: keys, entities.
    public let items: Int
  }

  /// A call to a service has ended.
  public struct RPCEnded: Sendable {
    public let id: RPCID
    /// The service called: `datastore`.
    public let service: String
    /// What was called: `lookup`.
    public let method: String
    /// How long it took.
    public let duration: Duration
    /// The error it ended with; `nil` if there was none.
    public let error: (any Error)?
  }
}

extension Arrival {
  private static let nextRPC = Atomic<UInt64>(1)

  /// Makes a call to a service, and tells instruments of its beginning and end.
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

extension Duration {
  /// The time from one reading of a clock to a later one.
  static func since(_ start: Nanoseconds, _ now: Nanoseconds) -> Duration {
    .nanoseconds(Int64(clamping: now > start ? now - start : 0))
  }
}
