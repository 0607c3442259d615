// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalDatastore
import ArrivalTesting
import Synchronization
import Testing

@Suite struct DatastoreTests {
  let manual = ManualExecutor()
  let backend = ScriptedBackend()
  let datastore: Datastore

  init() { datastore = Datastore(backend: backend, on: manual.executor) }

  func key(_ id: Int) -> Key { Key("A", id: Int64(id)) }
  func entity(_ id: Int, _ value: Int = 0) -> Entity {
    Entity(key(id), ["v": .indexed(.integer(Int64(value)))])
  }

  /// Runs `body` as a tasklet, and everything that comes of it, to the end.
  func run<T: Sendable>(_ body: @escaping @Sendable () async throws -> T) throws -> T {
    let future = Future(on: manual.executor) { try await body() }
    manual.run()
    return try future.getResult()
  }

  /// Lets the calls from outside the executor leave.
  func settle() { manual.advance(by: .milliseconds(1)) }

  @Test func `A put entity can be got, and a deleted one is gone`() throws {
    let (first, second, key) = try run { [datastore] in
      let key = try await datastore.put(Entity(Key("A", name: "x"), ["v": 1])).value
      let first = try await datastore.get(key).value
      try await datastore.delete(key).value
      return (first, try await datastore.get(key).value, key)
    }
    #expect(first?["v"] == 1)
    #expect(second == nil)
    #expect(key == Key("A", name: "x"))
  }

  @Test func `A put of an incomplete key gives the completed key`() throws {
    let future = datastore.put(Entity(Key(incomplete: "A", parent: key(1)), ["v": 1]))
    settle()
    #expect(try future.getResult() == Key("A", id: 1_000, parent: key(1)))
  }

  @Test func `1,000 gets are one lookup, and the next get is another`() throws {
    let futures = (1...2_001).map { datastore.get(key($0)) }
    settle()
    #expect(backend.lookups.map(\.count) == [1_000, 1_000, 1])
    for future in futures { #expect(try future.getResult() == nil) }
  }

  @Test func `All gets of a lookup share its error, and observing one observes all`()
    throws
  {
    let reports = Atomic(0)
    let previous = Diagnostic.setHandler { diagnostic in
      if case .unobservedFailure(let failure) = diagnostic,
        (failure.error as? DatastoreError)?.message == "of sharedError()"
      {
        reports.add(1, ordering: .relaxed)
      }
    }
    defer { Diagnostic.setHandler(previous) }
    func get(_ count: Int) -> [Future<Entity?>] {
      backend.set { $0.lookupErrors = [DatastoreError(.aborted, "of sharedError()")] }
      let futures = (1...count).map { datastore.get(key($0)) }
      settle()
      return futures
    }
    do {
      let futures = get(100)
      #expect(throws: DatastoreError.self) { try futures[7].getResult() }
    }
    #expect(reports.load(ordering: .relaxed) == 0)
    _ = get(100)
    #expect(reports.load(ordering: .relaxed) == 1)
  }

  @Test func `500 puts are one commit, and the next put is another`() throws {
    let futures = (1...1_001).map { datastore.put(entity($0)) }
    settle()
    #expect(backend.commits.map(\.count) == [500, 500, 1])
    for (index, future) in futures.enumerated() {
      #expect(try future.getResult() == key(index + 1))
    }
  }

  @Test func `Gets of equal keys are sent once and all answered`() throws {
    backend.set { $0.entities[key(1)] = entity(1, 7) }
    let futures = [1, 2, 1, 1].map { datastore.get(key($0)) }
    settle()
    #expect(backend.lookups.map(Set.init) == [[key(1), key(2)]])
    #expect(backend.lookups[0].count == 2)
    #expect(try futures.map { try $0.getResult()?["v"] } == [7, nil, 7, 7])
  }

  @Test func `Keys whose names only look alike are looked up separately`() throws {
    let (composed, decomposed) = (Key("A", name: "\u{E9}"), Key("A", name: "e\u{301}"))
    backend.set { $0.entities[composed] = Entity(composed, ["v": 1]) }
    let futures = [datastore.get(composed), datastore.get(decomposed)]
    settle()
    #expect(try futures.map { try $0.getResult()?["v"] } == [1, nil])
  }

  @Test func `A write beyond a limit fails alone and is never sent`() throws {
    let good = datastore.put(entity(1))
    let bad = datastore.put(
      Entity(key(2), ["text": .indexed(.string(String(repeating: "x", count: 1_501)))]))
    let incomplete = datastore.get(Key(incomplete: "A"))
    let unnamed = datastore.delete(Key("A", name: ""))
    #expect(bad.done() && incomplete.done() && unnamed.done())
    settle()
    #expect(try good.getResult() == key(1))
    let error = bad.getException() as? DatastoreError
    #expect(error?.code == .invalidArgument)
    #expect(error?.key == key(2))
    #expect(error?.property == "text")
    #expect(incomplete.getException() is DatastoreError)
    #expect(unnamed.getException() is DatastoreError)
    #expect(backend.commits.map(\.count) == [1])
    #expect(backend.lookups.isEmpty)
  }

  @Test
  func `Put, delete and put of one key are three commits in order, and other keys go on`()
    throws
  {
    let puts = [datastore.put(entity(1, 1)), datastore.put(entity(2))]
    let deletion = datastore.delete(key(1))
    let last = [datastore.put(entity(1, 2)), datastore.put(entity(3))]
    settle()
    #expect(backend.commits.map { $0.map(\.key) } == [[1, 2, 3].map(key), [key(1)], [key(1)]])
    #expect(backend.commits[1] == [.delete(key(1))])
    #expect(backend.commits[2] == [.upsert(entity(1, 2))])
    for future in puts + last { #expect(future.getException() == nil) }
    #expect(deletion.getException() == nil)
    #expect(datastore.statistics().heldMutations == 2)
  }

  @Test func `A write waits for an earlier commit of its key while the next batch grows`() throws {
    let datastore = Datastore(
      backend: backend, configuration: .init(maxConcurrentCommits: 1), on: manual.executor)
    let gate = Promise<Void>()
    backend.set { $0.commitGates = [gate.future] }
    let first = datastore.put(entity(1, 1))
    settle()
    var others: [Future<Key>] = []
    for id in 2...50 {
      others.append(datastore.put(entity(id)))
      settle()
    }
    let again = datastore.put(entity(1, 2))
    settle()
    #expect(backend.commits.count == 1)
    #expect(!first.done())
    gate.succeed()
    settle()
    #expect(first.done() && again.done())
    for future in others { #expect(future.done()) }
    // The second change of key 1 was let go in time for the batch of the others.
    #expect(backend.commits.map(\.count) == [1, 50])
    #expect(backend.entity(key(1))?["v"] == 2)
  }

  @Test
  func `Two writes of one key are never in flight together, also with several commits at a time`()
    throws
  {
    let datastore = Datastore(
      backend: backend, configuration: .init(maxConcurrentCommits: nil), on: manual.executor)
    let gate = Promise<Void>()
    backend.set { $0.commitGates = [gate.future] }
    let first = datastore.put(entity(1, 1))
    settle()
    let second = datastore.put(entity(1, 2))
    let other = datastore.put(entity(2))
    settle()
    #expect(other.done())
    #expect(!second.done())
    #expect(backend.commits.map { $0.map(\.key) } == [[key(1)], [key(2)]])
    gate.succeed()
    settle()
    #expect(first.done() && second.done())
    #expect(backend.entity(key(1))?["v"] == 2)
  }

  @Test func `A failed commit fails all its members with the same error, and nobody else`() throws {
    final class Marker: Error {}
    let marker = Marker()
    backend.set { $0.commitErrors = [marker] }
    let futures = (1...3).map { datastore.put(entity($0)) }
    let held = datastore.put(entity(1, 9))
    settle()
    for future in futures { #expect(future.getException() as? Marker === marker) }
    #expect(try held.getResult() == key(1))
    #expect(datastore.statistics().commits.failures == 1)
  }

  @Test func `A reply without keys fails its members with an error about the backend`() throws {
    backend.set { $0.forgetsReplies = true }
    let future = datastore.put(entity(1))
    settle()
    #expect((future.getException() as? DatastoreError)?.code == .internal)
  }

  @Test func `Large entities travel in several commits of at most 8 MiB`() throws {
    let text = Value.string(String(repeating: "x", count: 1_000_000))
    let futures = (1...20).map { datastore.put(Entity(key($0), ["t": .unindexed(text)])) }
    settle()
    for future in futures { #expect(future.getException() == nil) }
    let sizes = backend.commits.map { $0.reduce(0) { $0 + ($1.entity?.storageSize ?? 0) } }
    #expect(sizes.allSatisfy { $0 <= 8 * 1_024 * 1_024 })
    #expect(backend.commits.map(\.count) == [8, 8, 4])
    #expect(backend.commits.flatMap { $0.map(\.key) } == (1...20).map(key))
  }

  @Test func `Deferred keys are requested again until all futures are complete`() throws {
    for id in 1...10 { backend.set { $0.entities[key(id)] = entity(id, id) } }
    backend.set { $0.lookupCapacity = 4 }
    let futures = (1...11).map { datastore.get(key($0)) }
    settle()
    #expect(backend.lookups.map(\.count) == [11, 7, 3])
    for id in 1...10 { #expect(try futures[id - 1].getResult()?["v"] == .integer(Int64(id))) }
    #expect(try futures[10].getResult() == nil)
  }

  @Test func `A key that the backend cannot read fails alone, also when others are deferred`()
    throws
  {
    for id in 1...4 { backend.set { $0.entities[key(id)] = entity(id, id) } }
    backend.set {
      $0.entities[key(2)] = nil
      $0.lookupFailures[key(2)] = DatastoreError(.dataLoss, "damaged", key: key(2))
      $0.lookupCapacity = 2
    }
    let futures = (1...4).map { datastore.get(key($0)) }
    settle()
    #expect((futures[1].getException() as? DatastoreError)?.code == .dataLoss)
    for id in [1, 3, 4] { #expect(try futures[id - 1].getResult()?["v"] == .integer(Int64(id))) }
  }

  @Test
  func `A commit that is too large is halved, in order, until each part fits or has one mutation`()
    throws
  {
    backend.set { $0.commitCapacity = 2 }
    let futures = (1...5).map { datastore.put(entity($0, $0)) }
    settle()
    for (index, future) in futures.enumerated() {
      #expect(try future.getResult() == key(index + 1))
    }
    #expect(backend.commits.map(\.count) == [5, 2, 3, 1, 2])
    backend.set { $0.commitCapacity = 0 }
    let alone = datastore.put(entity(9))
    settle()
    #expect((alone.getException() as? DatastoreError)?.code == .tooLarge)
  }

  @Test func `Gets fail if the backend defers every key, instead of looping`() throws {
    backend.set { $0.lookupCapacity = 0 }
    let future = datastore.get(key(1))
    settle()
    #expect((future.getException() as? DatastoreError)?.code == .unavailable)
    #expect(backend.lookups.count == 1)
  }

  @Test
  func `A failed lookup fails its gets with one error, and earlier results stay`()
    throws
  {
    struct Broken: Error {}
    backend.set {
      $0.entities[key(1)] = entity(1)
      $0.lookupCapacity = 1
      $0.lookupErrors = []
    }
    let gate = Promise<Void>()
    backend.set { $0.lookupGates = [Future(value: ()), gate.future] }
    let futures = [datastore.get(key(1)), datastore.get(key(2))]
    settle()
    gate.fail(Broken())
    settle()
    #expect(futures[0].getException() == nil)
    #expect(futures[1].getException() is Broken)
  }

  @Test func `Statistics count requests, keys, mutations, bytes and sizes`() throws {
    #expect("\(datastore.statistics())" == "no requests")
    let futures = (1...501).map { datastore.put(entity($0)) }
    let gets = (1...3).map { datastore.get(key($0)) }
    settle()
    #expect(futures.allSatisfy { $0.done() } && gets.allSatisfy { $0.done() })
    let statistics = datastore.statistics()
    #expect(statistics.commits.count == 2)
    #expect(statistics.commits.items == 501)
    #expect(statistics.commits.sizes == [500: 1, 1: 1])
    #expect(statistics.commits.bytes == 501 * entity(1).storageSize)
    #expect(statistics.lookups.count == 1)
    #expect(statistics.lookups.items == 3)
    #expect(statistics.lookups.sizes == [3: 1])
    let bytes = Limits.grouped(statistics.commits.bytes)
    #expect("\(statistics.commits)" == "2 requests, 501 items, \(bytes) bytes")
    #expect("\(statistics)".contains("lookups: 1 request, 3 items, "))
    #expect("\(statistics)".hasSuffix("commits: \(statistics.commits)"))
  }

  @Test func `A test that blocks for a put sends the commit and gets the key`() throws {
    #expect(try datastore.put(entity(1)).getResult() == key(1))
    #expect(try datastore.get(key(1)).getResult() == entity(1))
  }

  @Test func `Codable values are put and got with their own keys or given ones`() throws {
    struct User: DatastoreEntity, Equatable {
      var key = User.newKey()
      var name: String
    }
    struct Plain: Codable, Equatable, Sendable { var x: Int }
    let own = datastore.put(User(name: "Ann"))
    let beside = datastore.put(Plain(x: 3), key: key(5))
    settle()
    let back = datastore.get(try own.getResult(), as: User.self)
    let plain = datastore.get(try beside.getResult(), as: Plain.self)
    let wrong = datastore.get(try own.getResult(), as: Plain.self)
    let none = datastore.get(key(6), as: User.self)
    settle()
    #expect(try back.getResult() == User(key: Key("User", id: 1_000), name: "Ann"))
    #expect(try plain.getResult() == Plain(x: 3))
    #expect(try none.getResult() == nil)
    let error = wrong.getException() as? DatastoreError
    #expect(error?.code == .decodingFailed)
    #expect(error?.key == Key("User", id: 1_000))
    #expect(error?.property == "x")
  }

  @Test func `Cancelling a held put drops it, and the next put continues`() throws {
    let gate = Promise<Void>()
    backend.set { $0.commitGates = [gate.future] }
    let first = datastore.put(entity(1, 1))
    settle()
    let second = datastore.put(entity(1, 2))
    let third = datastore.put(entity(1, 3))
    second.cancel()
    gate.succeed()
    settle()
    #expect(second.isCancelled)
    #expect(try first.getResult() == key(1))
    #expect(try third.getResult() == key(1))
    #expect(backend.commits.flatMap { $0.compactMap(\.entity?["v"]) } == [1, 3])
  }

  @Test func `A put never overtakes a cancelled put of its key in flight`() throws {
    let gate = Promise<Void>()
    backend.set { $0.commitGates = [gate.future] }
    let first = datastore.put(entity(1, 1))
    settle()
    let second = datastore.put(entity(1, 2))
    first.cancel()
    settle()
    #expect(backend.commits.count == 1)
    gate.succeed()
    settle()
    #expect(second.done())
    #expect(backend.commits.count == 2)
  }

  @Test func `Futures name the caller's line`() throws {
    let line = UInt(#line) + 1
    let futures: [any AnyFuture] = [datastore.get(key(1)), datastore.put(entity(1))]
    for future in futures { #expect(future.creationSite.line == Int(line)) }
    settle()
  }

  @Test func `10,000 changes of one key all arrive, in order`() throws {
    let futures = (1...10_000).map { datastore.put(entity(1, $0)) }
    settle()
    #expect(futures.allSatisfy { $0.done() })
    let values = backend.commits.flatMap { $0.compactMap { $0.entity?["v"]?.integerValue } }
    #expect(values == (1...10_000).map(Int64.init))
  }

  @Test(arguments: [1, nil])
  func `Writers on many threads keep their own order on every key`(maxConcurrentCommits: Int?)
    async throws
  {
    let backend = ScriptedBackend()
    let datastore = Datastore(
      backend: backend, configuration: .init(maxConcurrentCommits: maxConcurrentCommits))
    let writers = (0..<8).map { (writer: Int64) in
      Future {
        let puts = (0..<500).map { step in
          datastore.put(
            Entity(
              key(step % 5 + 1),
              ["writer": .indexed(.integer(writer)), "step": .indexed(.integer(Int64(step)))]))
        }
        for put in puts { _ = try await put.value }
      }
    }
    for writer in writers { try await writer.value }
    var last: [[Int64]: Int64] = [:]
    var count = 0
    for commit in backend.commits {
      #expect(Set(commit.map(\.key)).count == commit.count)
      for entity in commit.compactMap(\.entity) {
        let step = entity["step"]?.integerValue ?? -1
        let line = [entity["writer"]?.integerValue ?? -1, entity.key?.id ?? -1]
        #expect(last[line, default: -1] < step)
        last[line] = step
        count += 1
      }
    }
    #expect(count == 4_000)
  }

  @Test func `A request for too many IDs is refused at once, with advice`() {
    for count in [-1, 100_001, Int.max] {
      let future = datastore.allocateIDs(for: Key(incomplete: "A"), count: count)
      let error = future.done() ? future.getException() as? DatastoreError : nil
      #expect(error?.code == .invalidArgument)
      #expect(error?.message.contains("0 to 100,000 per call") == true)
    }
  }

  @Test func `Closing completes earlier calls, and later calls fail`() async throws {
    let backend = ScriptedBackend()
    let datastore = Datastore(backend: backend)
    let puts = (1...600).map { datastore.put(entity($0 % 7 + 1, $0)) }
    let gets = (1...5).map { datastore.get(key($0)) }
    try await datastore.close()
    #expect(puts.allSatisfy { $0.done() } && gets.allSatisfy { $0.done() })
    #expect(backend.isClosed)
    let late = datastore.get(key(1))
    #expect((await late.getException() as? DatastoreError)?.code == .failedPrecondition)
    #expect(datastore.put(entity(1)).done() && datastore.delete(key(1)).done())
    try await datastore.close()
  }
}
