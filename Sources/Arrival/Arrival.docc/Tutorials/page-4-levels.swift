import Arrival

/// One call of the service, for any number of users.
func names(of ids: [Int]) async throws -> [Int: String] {
  print("a call for \(ids.count) users")
  return Dictionary(uniqueKeysWithValues: ids.map { ($0, "user \($0)") })
}

let users = Batcher<Int, String>("users") { (ids: [Int]) in try await names(of: ids) }

let heads = Batcher<String, Int>("heads") { (teams: [String]) in
  print("a call for \(teams.count) teams")
  return Dictionary(uniqueKeysWithValues: teams.map { ($0, $0.count) })
}

func headNames(of teams: [String]) async throws -> [String] {
  let names = teams.map { team in
    Future {
      let head = try await heads.load(team).value
      return try await users.load(head).value
    }
  }
  return try await Future.all(names).value
}
