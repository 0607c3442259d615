import Arrival

/// One call of the service, for any number of users.
func names(of ids: [Int]) async throws -> [Int: String] {
  print("a call for \(ids.count) users")
  return Dictionary(uniqueKeysWithValues: ids.map { ($0, "user \($0)") })
}

let users = Batcher<Int, String>("users") { (ids: [Int]) in try await names(of: ids) }
