// SPDX-License-Identifier: Apache-2.0
// Fails in several ways and prints the tracebacks. `Scripts/check-tracebacks` knows the line
// numbers by the comments: «a» marks the line that must be shown for a.
import Arrival
import Foundation

struct Missing: Error {}

@inline(never) func d(_ isTyped: Bool) throws {
  if isTyped { try typed() }
  throw Missing()  // «d»
}
@inline(never) func typed() throws(Missing) {
  throw Missing()  // «typed»
}
@inline(never) func c(_ hops: Bool, _ isTyped: Bool) async throws -> Int {
  if hops { for _ in 0..<10 { try await Future.sleep(for: .microseconds(10)).value } }
  try d(isTyped)  // «c»
  return 1
}
@inline(never) func b(_ hops: Bool, _ isTyped: Bool) async throws -> Int {
  let one = try await c(hops, isTyped)  // «b»
  return one + 1
}

@inline(never) func show(_ what: String, _ future: Future<Int>) {
  print("== \(what)")
  print(future.getTraceback()?.format() ?? "nothing")
}

let a = Future("a") { try await b(false, false) + 1 }  // «a»
show("plain", a)
show("hopping", Future("a") { try await b(true, false) + 1 })
show("typed", Future("a") { try await b(false, true) + 1 })
show("awaiting", Future("outer") { try await a.value + 1 })  // «outer»
@inline(never) func blocking() throws -> Int {
  try a.getResult() + 1  // «blocking»
}
show("blocking", Future("outer") { try blocking() })
@inline(never) func bridged() throws -> Int {
  throw NSError(domain: "somewhere", code: 7)  // «bridged»
}
show("bridged", Future("a") { try bridged() })
