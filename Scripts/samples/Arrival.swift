// SPDX-License-Identifier: Apache-2.0
// What the samples in the doc comments use and do not declare; see check-samples.
import Arrival

struct User: Sendable { let name: String }
struct Page: Sendable {}
struct Photo: Sendable {}
struct NoSuchUser: Error {}
struct ConnectionLost: Error {}
struct Price: Sendable {}
enum Consistency { case eventual, strong }
struct Increment: Hashable { let counter: String, by: Int }

struct API: Sendable {
  func user(_ id: Int) async throws -> User { throw NoSuchUser() }
  func users(_ ids: [Int]) async throws -> [Int: User] { [:] }
  func users(
    _ ids: [Int], consistency: Consistency, timeout: Duration?
  ) async throws -> [Int: User] { [:] }
  func page(_ address: String) async throws -> Page { Page() }
}
let api = API()
struct Client: Sendable {
  func prices(of symbols: [String]) async throws -> [String: Price] { [:] }
}
let client = Client()
struct Counts: Sendable { func add(_ increments: [Increment]) async throws -> [Int] { [] } }
let counts = Counts()
struct Database: Sendable {
  func load(_ id: Int) -> Future<User> { Future(error: NoSuchUser()) }
  func query(_ sql: String) throws -> [String] { [] }
}
let database = Database()
struct Warnings: Sendable { func warning(_ text: String) {} }
let logger = Warnings()

struct RedisUsers: BackingCache {
  func values(for ids: [Int]) async throws -> [Int: User] { [:] }
  func store(_ users: [Int: User]) async throws {}
  func remove(_ ids: [Int]) async throws {}
  func removeAll() async throws {}
}

struct Socket { func onReply(_ body: @escaping @Sendable (Int) -> Void) {} }
struct Request {}
struct Reply: Sendable {}
struct Call { func abort() {} }
struct Connection {
  func send(
    _ request: Request, _ body: @escaping @Sendable (Result<Reply, any Error>) -> Void
  ) -> Call { Call() }
}
struct Pool: Sendable { func giveBack(_ connection: Connection) {} }
let pool = Pool()
func request(on connection: Connection) -> Future<Reply> { Future(value: Reply()) }

struct App: Sendable {
  let users = Batcher<Int, User>("users") { (ids: [Int]) -> [Int: User] in [:] }
}
let app = App()
let users = app.users
let cache = app.users
let directory = Batcher<String, User>("directory") { (ids: [String]) -> [String: User] in [:] }
let redisUsers = RedisUsers()
let newIDs = 1...3_000_000
let addresses = ["a", "b"]
let sql = "SELECT 1"
let connection = Connection()
let executor = TaskletExecutor("app")
let images = executor
let photo = Future(value: Photo())
let pages = [Future(value: Page())]
let user = Future(value: User(name: "Ann"))
let future = user

func shrink(_ photo: Future<Photo>) async throws -> Photo { try await photo.value }
func show(_ photo: Photo?) {}
func show(_ page: Page) {}
func show(_ user: User) {}
func show(_ error: any Error) {}
func showSpinner() {}
func log(_ text: String) {}
