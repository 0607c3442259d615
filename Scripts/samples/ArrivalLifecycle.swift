// SPDX-License-Identifier: Apache-2.0
// What the samples in the doc comments use and do not declare; see check-samples.
import Arrival
import ArrivalDatastore
import ArrivalLifecycle
import DatastoreInMemory
import Logging
import ServiceLifecycle

struct Server: Service { func run() async throws {} }
let server = Server()
let logger = Logger(label: "app")
let images = TaskletExecutor("images")
let datastore = Datastore(backend: InMemoryBackend())
let visit = Entity(Key("Visit", name: "today"))
let (page, mail) = ("page", "mail")
func send(_ mail: String) async throws {}
