// SPDX-License-Identifier: Apache-2.0
// What the samples in the doc comments use and do not declare; see check-samples.
import Arrival
import ArrivalDatastore
import ArrivalHummingbird
import DatastoreInMemory
import Hummingbird

struct User: ResponseCodable { var name: String }
struct API: Sendable { func users(_ ids: [Int]) async throws -> [Int: User] { [:] } }
let api = API()
let datastore = Datastore(backend: InMemoryBackend())
nonisolated(unsafe) let router = Router()
let invoices = [1, 2, 3]
enum Loaders {
  static let all = Batcher<Int, User>("users") { (ids: [Int]) -> [Int: User] in [:] }
  static let users = PerRequest { all.scoped(cache: .lru(1_000)) }
}
func send(_ invoice: Int, using users: Batcher<Int, User>) async throws {}
