import Arrival
import ArrivalTesting
import Testing

@Test(.arrival(seeds: 1...100)) func `A page makes one call`() async throws {
  let users = Batcher<Int, String>("users") { (ids: [Int]) in
    Dictionary(uniqueKeysWithValues: ids.map { ($0, "user \($0)") })
  }
  let names = (1...20).map { id in Future { try await users.load(id).value } }
  #expect(try await Future.all(names).value.count == 20)
  #expect(users.statistics().calls == 1)
}
