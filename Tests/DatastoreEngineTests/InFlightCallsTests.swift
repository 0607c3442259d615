// SPDX-License-Identifier: Apache-2.0
import DatastoreEngine
import Testing

@Suite struct InFlightCallsTests {
  private let calls = InFlightCalls()

  @Test func `Closing refuses later calls and says whether it was the first`() {
    #expect(calls.enter())
    #expect(calls.close())
    #expect(!calls.close())
    #expect(!calls.enter())
    #expect(calls.makeEntry() == nil)
    calls.leave()
  }

  @Test func `Draining waits for every call, also for a call that began after closing`() async {
    #expect(calls.enter())
    calls.close()
    calls.begin()
    async let drained: Void = calls.drain()
    async let drainedToo: Void = calls.drain()
    calls.leave()
    calls.leave()
    _ = await (drained, drainedToo)
  }

  @Test func `A dropped entry leaves once`() async {
    var entry = calls.makeEntry()
    entry?.leave()
    entry?.leave()
    #expect(calls.enter())
    entry = nil
    entry = calls.makeEntry()
    entry = nil
    calls.leave()
    await calls.drain()
  }
}
