// SPDX-License-Identifier: Apache-2.0
// What the samples in the doc comments use and do not declare; see check-samples.
import Arrival
import ArrivalDatastore
import DatastoreInMemory
import Testing

struct Address: Codable { var city: String, note = "" }
struct InvalidEmail: Error {}
struct NoSuchAccount: Error {}
struct NotSignedIn: Error {}
struct Overdrawn: Error {}
enum Role: String, Codable { case guest, member }

struct User: DatastoreEntity {
  @TaskLocal static var current: User?

  var key = User.newKey()
  var name = ""
  var email = ""
  var role = Role.guest
  var address = Address(city: "")
}
struct Account: DatastoreEntity {
  var key = Account.newKey()
  var name = ""
  var balance = 0
  var city = ""
}
struct Page: DatastoreEntity {
  var key = Page.newKey()
  var visits = 0
  var tags: [String] = []
}
struct Dog: PolymorphicEntity {
  static let classNames = ["Animal", "Dog"]

  var key = Dog.newKey()
}
struct Trace: EntityHooks {}

let backend = InMemoryBackend()
let datastore = Datastore(backend: backend)
let key = Key("User", id: 7)
let page = Key("Page", name: "home")
let (a, b) = (Account.key(id: 1), Account.key(id: 2))
let ann = User(key: key)
let users = [ann]
let monday = Timestamp.now
let vector: [Double] = []
let (session, request, receipt) = ("session", "request", "receipt")

struct Mailer: Sendable { func send(_ text: String) async {} }
let mailer = Mailer()
func render(_ session: String) async throws -> String { session }
func menu(of session: String) async throws -> String { session }
func serve(_ request: String) async throws {}
