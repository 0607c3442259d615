import Arrival
import ArrivalHummingbird
import Hummingbird

let users = Batcher<Int, String>("users") { (ids: [Int]) in
  Dictionary(uniqueKeysWithValues: ids.map { ($0, "user \($0)") })
}

func makeServer() -> some ApplicationProtocol {
  let router = Router()
  router.add(middleware: ArrivalMiddleware())
  router.get("users/:id") { _, context in
    try await users.load(try context.parameters.require("id", as: Int.self)).value
  }
  return Application(router: router)
}
