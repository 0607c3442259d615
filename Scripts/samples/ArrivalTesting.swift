// SPDX-License-Identifier: Apache-2.0
// What the samples in the doc comments use and do not declare; see check-samples.
import Arrival
import ArrivalTesting
import Testing

struct ConnectionLost: Error {}
final class SessionCache {
  init(lifetime: Duration, clock: any Clock<Duration>) {}
  var isEmpty: Bool { true }
  func keep(_ session: String) {}
}
actor Account {
  var balance = 0
  func deposit(_ amount: Int) { balance += amount }
}
let url = "https://example.com"
func fetch(_ url: String) async throws -> String { url }
