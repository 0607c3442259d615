// SPDX-License-Identifier: Apache-2.0
#if Tracing
  // In a file of its own: swift-distributed-tracing has an `Instrument` too.
  public import Arrival

  extension TracingInstrument: Instrument {
    public func record(_ event: InstrumentEvent) { handle(event) }
  }

  extension TracingInstrument: RPCScope {
    package nonisolated(nonsending) func surround<Reply>(
      _ id: RPCID, _ call: () async throws -> Reply
    ) async rethrows -> Reply {
      try await withSpan(of: id, call)
    }
  }
#endif
