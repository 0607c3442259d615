import Arrival
import ArrivalHummingbird
import Hummingbird

enum Loaders {
  static let all = Batcher<Int, String>("users") { (ids: [Int]) in
    Dictionary(uniqueKeysWithValues: ids.map { ($0, "user \($0)") })
  }
  static let users = PerRequest { all.scoped(cache: .lru(1_000)) }
}

func makeServer() -> some ApplicationProtocol {
  let router = Router()
  router.add(middleware: ArrivalMiddleware())
  router.get("users/:id") { _, context in
    let id = try context.parameters.require("id", as: Int.self)
    return try await Loaders.users.current.load(id).value
  }
  return Application(router: router)
}
