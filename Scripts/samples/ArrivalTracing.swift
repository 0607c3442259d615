// SPDX-License-Identifier: Apache-2.0
// What the samples in the doc comments use and do not declare; see check-samples.
import Arrival
import ArrivalTracing
import Tracing

struct User: Sendable {}
struct API: Sendable { func users(_ ids: [Int]) async throws -> [Int: User] { [:] } }
let api = API()
let tracer = NoOpTracer()
let tracing = TracingInstrument()
