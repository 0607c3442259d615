// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalDatastore
import ArrivalTesting
import Testing

/// What gets and puts make of replies of all shapes.
@Suite struct BackendReplyTests {
  private let manual = ManualExecutor()
  private let backend = ScriptedBackend()
  private let datastore: Datastore

  init() { datastore = Datastore(backend: backend, on: manual.executor) }

  private func key(_ id: Int64) -> Key { Key("A", id: id) }

  private func get(_ ids: ClosedRange<Int64>) -> [Future<Entity?>] {
    let futures = ids.map { datastore.get(key($0)) }
    manual.advance(by: .milliseconds(1))
    return futures
  }

  @Test func `An entity that the backend cannot read fails its get in a complete reply`() throws {
    backend.set {
      $0.entities[key(1)] = Entity(key(1), ["v": 7])
      $0.lookupFailures[key(2)] = DatastoreError(.dataLoss, "damaged", key: key(2))
    }
    let futures = get(1...3)
    #expect(backend.lookups.count == 1)
    #expect(try futures[0].getResult()?["v"] == 7)
    #expect((futures[1].getException() as? DatastoreError)?.code == .dataLoss)
    #expect(try futures[2].getResult() == nil)
  }

  @Test func `A commit reply with more keys than mutations is an error`() {
    backend.set { $0.surplusKeys = 1 }
    let put = datastore.put(Entity(key(1)))
    manual.advance(by: .milliseconds(1))
    let error = put.getException() as? DatastoreError
    #expect(error?.code == .internal)
    #expect(error?.message.contains("1 mutations with 2 keys") == true)
  }

  @Test func `Entities found before and after a deferral are all returned`() throws {
    backend.set {
      for id in 1...3 as ClosedRange<Int64> { $0.entities[key(id)] = Entity(key(id)) }
      $0.lookupCapacity = 1
    }
    let futures = get(1...3)
    #expect(backend.lookups.map(\.count) == [3, 2, 1])
    #expect(try futures.map { try $0.getResult()?.key } == (1...3).map(key))
  }

  @Test func `Puts of equal incomplete keys create different entities in one commit`() throws {
    let puts = (1...3).map { _ in datastore.put(Entity(Key(incomplete: "A"))) }
    manual.advance(by: .milliseconds(1))
    #expect(backend.commits.map(\.count) == [3])
    #expect(Set(try puts.map { try $0.getResult() }).count == 3)
  }
}
