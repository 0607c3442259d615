import Arrival
import ArrivalDatastore
import ArrivalTesting
import Testing

/// What reads and writes leave in the contexts around them.
@Suite struct ContextEffectTests {
  private let backend = TransactionalBackend()
  private let datastore: Datastore
  private let key = Key("Thing", name: "a")

  init() { datastore = Datastore(backend: backend) }

  private var lookups: Int { backend.calls.count { $0.hasPrefix("lookup") } }

  // Closures say that they throw, for macros in them hide it from the compiler.

  @Test func `A task that outlives an inner context uses the outer one`() async throws {
    try await datastore.withContext { () async throws in
      _ = try await datastore.get(key).value
      let ended = Promise<Void>()
      let outliving = try await datastore.withContext { () async throws in
        Future {
          try await ended.future.value
          return try await datastore.get(key).value
        }
      }
      ended.succeed(())
      #expect(try await outliving.value == nil)
      #expect(lookups == 1)
    }
  }
}
