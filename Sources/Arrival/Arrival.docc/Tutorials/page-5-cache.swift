import Arrival

/// One call of the service, for any number of users.
func names(of ids: [Int]) async throws -> [Int: String] {
  print("a call for \(ids.count) users")
  return Dictionary(uniqueKeysWithValues: ids.map { ($0, "user \($0)") })
}

/// What one request loads.
struct Loaders {
  let users = Batcher<Int, String>("users", cache: .lru(1_000)) { (ids: [Int]) in
    try await names(of: ids)
  }
}

func page(of members: [Int], with loaders: Loaders) async throws -> [String] {
  let names = members.map { id in Future { try await loaders.users.load(id).value } }
  return try await Future.all(names).value
}
