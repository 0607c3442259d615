// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalDatastore
import DatastoreInMemory
import Testing

/// Calls with a time limit and retries.
@Suite struct LimitedStoreTests {
  private let backend = ScriptedBackend()
  private let datastore: Datastore
  private let a = Key("K", name: "a")
  private let quick = RetryPolicy(initialDelay: .zero) {
    ($0 as? DatastoreError)?.code == .unavailable
  }

  init() { datastore = Datastore(backend: backend) }

  @Test func `A call is retried after failures that its policy names`() async throws {
    let error = DatastoreError(.unavailable, "gone")
    backend.set {
      $0.entities = [a: Entity(a, ["n": 1])]
      $0.lookupErrors = [error, error]
      $0.commitErrors = [error]
    }
    let patient = datastore.with(retry: quick)
    #expect(try await patient.get(a).value?["n"] == 1)
    #expect(backend.lookups.count == 3)
    _ = try await patient.put(Entity(a, ["n": 2])).value
    #expect(backend.commits.count == 2)
  }

  @Test func `A write in doubt is not repeated if it could be written twice`() async throws {
    let backend = SimulatedBackend()
    let store = Datastore(backend: backend).with(
      retry: RetryPolicy(initialDelay: .zero) { $0 is DatastoreError })
    let guarded = Mutation(.update(Entity(a)), conflictDetection: .baseVersion(1))
    let calls: [@Sendable () -> Future<Key>] = [
      { store.put(Entity(Key(incomplete: "K"))) }, { store.insert(Entity(Key("K", id: 1))) },
      { store.update(Key("K", name: "a"), [PropertyTransform("n", .increment(1))]) },
      { store.write(guarded) },
    ]
    _ = try await store.put(Entity(a)).value
    for call in calls {
      let done = backend.calls.count { $0.method == .commit }
      backend.when(
        { $0.method == .commit && $0.number == done + 1 }, .loseReply(.init(.unavailable, "lost")))
      await #expect { try await call().value } throws: {
        ($0 as? DatastoreError)?.code == .unavailable
      }
      #expect(backend.calls.count { $0.method == .commit } == done + 1)
    }
    #expect(try await store.query(Query(kind: "K")).count().value == 3)
    #expect(try await store.get(a).value?["n"] == 1)
  }

  @Test func `A write that certainly failed is repeated, whatever it is`() async throws {
    let backend = SimulatedBackend()
    backend.when({ $0.method == .commit && $0.number < 3 }, .fail(.init(.aborted, "busy")))
    let store = Datastore(backend: backend).with(
      retry: RetryPolicy(initialDelay: .zero) { $0 is DatastoreError })
    _ = try await store.put(Entity(Key(incomplete: "K"))).value
    #expect(try await store.query(Query(kind: "K")).count().value == 1)
  }

  @Test func `A call that fails too often, or otherwise, fails with its error`() async throws {
    backend.set {
      $0.lookupErrors =
        Array(repeating: DatastoreError(.unavailable, "gone"), count: 4)
        + [DatastoreError(.permissionDenied, "no")]
    }
    let patient = datastore.with(retry: quick)
    await #expect { try await patient.get(a).value } throws: {
      ($0 as? DatastoreError)?.code == .unavailable
    }
    #expect(backend.lookups.count == 4)
    await #expect { try await patient.get(a).value } throws: {
      ($0 as? DatastoreError)?.code == .permissionDenied
    }
    #expect(backend.lookups.count == 5)
  }

  @Test func `A call whose time is over fails with deadlineExceeded`() async throws {
    let gate = Promise<Void>("gate")
    backend.set { $0.lookupGates = [gate.future] }
    let hasty = datastore.with(timeLimit: .milliseconds(1))
    await #expect { try await hasty.get(a).value } throws: {
      ($0 as? DatastoreError)?.code == .deadlineExceeded
    }
    gate.succeed()
    #expect(try await datastore.with(timeLimit: .seconds(60)).get(a).value == nil)
  }

  @Test func `Calls with limits share requests, and encode and decode values`() async throws {
    struct Note: DatastoreEntity { var key: Key, text: String }
    let store = datastore.with(timeLimit: .seconds(60), retry: quick)
    let notes = (1...3).map { Note(key: Key("Note", id: $0), text: "\($0)") }
    _ = try await store.put(notes).value
    #expect(
      try await store.get(notes.map(\.key), as: Note.self).value.map { $0?.text } == [
        "1", "2", "3",
      ])
    #expect(backend.commits.count == 1 && backend.lookups.count == 1)
  }

  @Test func `Requests of a query are retried`() async throws {
    backend.set {
      $0.queryErrors = [DatastoreError(.unavailable, "gone")]
      $0.queryReplies = [
        QueryReply(
          items: [.init(entity: Entity(a), cursor: QueryCursor(bytes: [1]))],
          endCursor: QueryCursor(bytes: [1]), more: .none)
      ]
    }
    let found = try await datastore.with(retry: quick).query(Query(kind: "K")).fetch().value
    #expect(found == [Entity(a)])
    #expect(backend.queries.count == 2)
  }
}
