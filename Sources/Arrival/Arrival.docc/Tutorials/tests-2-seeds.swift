import Arrival
import ArrivalTesting
import Testing

@Test(.arrival(seeds: 1...100)) func `A slow reply is not waited for`() async throws {
  let slow = Future { try await Future.sleep(for: .seconds(60)).map { "slow" }.value }
  let reply = slow.timeout(after: .seconds(1)).recover { _ in "too late" }
  #expect(try await reply.value == "too late")
  #expect(ManualTime.current?.now == .seconds(1))
}
