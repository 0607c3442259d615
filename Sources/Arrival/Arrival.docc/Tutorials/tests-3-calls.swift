import Arrival
import ArrivalTesting
import Testing

@testable import App

@Test(.arrival(seeds: 1...100)) func `A page makes one call`() async throws {
  let loaders = Loaders()
  let names = try await page(of: Array(1...20), with: loaders)
  #expect(names.count == 20)
  #expect(loaders.users.statistics().calls == 1)
}
