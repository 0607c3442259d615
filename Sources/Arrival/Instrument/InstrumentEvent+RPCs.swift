// SPDX-License-Identifier: Apache-2.0
/// Identifies a call to a service in the process; prints as `rpc_7`.
public struct RPCID: Sendable, Hashable, CustomStringConvertible {
  /// The number of the call, counted from 1 over the calls that instruments were told of.
  public let number: UInt64

  public var description: String { "rpc_\(number)" }
}

extension InstrumentEvent {
  /// A call to a service begins.
  public struct RPCBegan: Sendable, Hashable {
    public let id: RPCID
    /// The service that is called, such as `datastore`.
    public let service: String
    /// The method that is called, such as `lookup`.
    public let method: String
    /// How many items the call is for, such as keys or entities.
    public let items: Int
  }

  /// A call to a service has ended.
  public struct RPCEnded: Sendable {
    public let id: RPCID
    /// The service that is called, such as `datastore`.
    public let service: String
    /// The method that was called, such as `lookup`.
    public let method: String
    /// How long it took.
    public let duration: Duration
    /// The error it ended with; `nil` if there was none.
    public let error: (any Error)?
  }
}
