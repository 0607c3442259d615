// SPDX-License-Identifier: Apache-2.0
// What the samples in the doc comments use and do not declare; see check-samples.
import ArrivalDatastore
import ArrivalTesting
import DatastoreInMemory
import Testing

let time = ManualTime.current!
func deposit(_ amount: Int, in datastore: Datastore) async throws {}
