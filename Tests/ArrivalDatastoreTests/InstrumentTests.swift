// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalDatastore
import ArrivalTesting
import Synchronization
import Testing

@Suite struct DatastoreInstrumentTests {
  @Test func `Each RPC is reported once, with its items and its error`() throws {
    let manual = ManualExecutor()
    let backend = ScriptedBackend()
    let datastore = Datastore(backend: backend, on: manual.executor)
    // Unlike the numbers of items of any other test that runs at the same time.
    let recorder = RPCRecorder(items: 173)
    let registration = Instruments.install(recorder)
    defer { registration.remove() }
    let keys = (1...173).map { Key("A", id: Int64($0)) }
    let puts = keys.map { datastore.put(Entity($0, ["v": 1])) }
    manual.advance(by: .milliseconds(1))
    backend.set { $0.lookupErrors = [DatastoreError(.unavailable, "down")] }
    let gets = keys.map { datastore.get($0) }
    manual.advance(by: .milliseconds(1))
    #expect(puts.allSatisfy { $0.getException() == nil })
    #expect(gets.allSatisfy { $0.getException() is DatastoreError })
    #expect(
      recorder.lines == [
        "datastore commit began", "datastore commit ended", "datastore lookup began",
        "datastore lookup failed",
      ])
  }
}

/// Keeps the calls for so many items.
private final class RPCRecorder: Instrument {
  private let items: Int
  private let state = Mutex((open: Set<RPCID>(), lines: [String]()))

  init(items: Int) { self.items = items }

  var lines: [String] { state.withLock { $0.lines } }

  func record(_ event: InstrumentEvent) {
    state.withLock { state in
      switch event {
      case .rpcBegan(let call) where call.items == items:
        state.open.insert(call.id)
        state.lines.append("\(call.service) \(call.method) began")
      case .rpcEnded(let call) where state.open.remove(call.id) != nil:
        let end = call.error == nil ? "ended" : "failed"
        state.lines.append("\(call.service) \(call.method) \(end)")
      default: break
      }
    }
  }
}
