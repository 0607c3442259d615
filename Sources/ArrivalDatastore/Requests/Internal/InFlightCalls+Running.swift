// SPDX-License-Identifier: Apache-2.0
internal import DatastoreEngine

extension InFlightCalls {
  /// Runs a call that may begin even after `close()`.
  func run<Reply>(_ call: () async throws -> Reply) async rethrows -> Reply {
    begin()
    defer { leave() }
    return try await call()
  }
}
