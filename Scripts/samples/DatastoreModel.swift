// SPDX-License-Identifier: Apache-2.0
// What the samples in the doc comments use and do not declare; see check-samples.
import ArrivalDatastore
import DatastoreInMemory

let datastore = Datastore(backend: InMemoryBackend())
let key = Key("User", id: 7)
nonisolated(unsafe) var entity = Entity(key)
