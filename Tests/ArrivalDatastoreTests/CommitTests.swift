// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalDatastore
import ArrivalTesting
import Synchronization
import Testing

@Suite struct CommitTests {
  /// Writes nothing, takes its time as a test says, and looks at each commit.
  private final class Backend: DatastoreBackend {
    struct State {
      var underWay: [(keys: Set<Key>, gate: Promise<Void>)] = []
      var nextID: Int64 = 1_000_000
      /// The number of the last write of each key.
      var last: [Key: Int64] = [:]
      var numbers: Set<Int64> = []
      var sizes: [Int] = []
    }

    let state = Mutex(State())
    let maxBytes: Int
    let refuses: @Sendable (Int) -> Bool

    init(maxBytes: Int, refuses: @escaping @Sendable (Int) -> Bool) {
      self.maxBytes = maxBytes
      self.refuses = refuses
    }

    func lookup(_ keys: [Key], options: ReadOptions) async throws -> LookupReply {
      LookupReply(found: [])
    }
    func query(_ request: QueryRequest, options: ReadOptions) async throws -> QueryReply {
      QueryReply(items: [], endCursor: QueryCursor(bytes: []), more: .none)
    }
    func aggregate(
      _ request: AggregationRequest, options: ReadOptions
    ) async throws -> AggregationReply {
      AggregationReply(values: [])
    }
    func close() async throws {}

    func commit(
      _ mutations: [Mutation], in transaction: TransactionSelector?
    ) async throws -> CommitReply {
      let keys = mutations.compactMap(\.key).filter(\.isComplete)
      let bytes = mutations.reduce(0) { $0 + ($1.entity?.storageSize ?? 0) }
      #expect(mutations.count == 1 || bytes <= maxBytes)
      #expect(Set(keys).count == keys.count)
      let gate = Promise<Void>()
      state.withLock { state in
        for other in state.underWay { #expect(other.keys.isDisjoint(with: keys)) }
        state.underWay.append((Set(keys), gate))
        state.sizes.append(mutations.count)
      }
      // Waits on when it is cancelled, as a backend may.
      await gate.future.wait()
      if refuses(mutations.count) { throw DatastoreError(.tooLarge, "too large") }
      return state.withLock { state in
        CommitReply(
          keys: mutations.map { mutation in
            let number = mutation.entity?["number"]?.integerValue ?? -1
            #expect(state.numbers.insert(number).inserted)
            guard let key = mutation.key, key.isComplete else {
              state.nextID += 1
              return Key("A", id: state.nextID)
            }
            #expect(state.last[key, default: -1] < number)
            state.last[key] = number
            return key
          })
      }
    }

    /// Lets one of the commits under way come to its end; `false` if there is none.
    func finish(_ random: inout SeededGenerator) -> Bool {
      let gate = state.withLock { state -> Promise<Void>? in
        guard let place = state.underWay.indices.randomElement(using: &random) else { return nil }
        return state.underWay.remove(at: place).gate
      }
      gate?.succeed()
      return gate != nil
    }
  }

  @Test(arguments: 0..<60 as Range<UInt64>)
  func
    `In any schedule, commits keep the order of writes and the limits`(
      seed: UInt64
    ) throws
  {
    var random = SeededGenerator(seed: seed)
    let manual = ManualExecutor()
    let most = Int.random(in: 1...12, using: &random)
    let backend = Backend(maxBytes: 1_000) { $0 > most }
    let concurrent = [1, 2, 4, nil].randomElement(using: &random) ?? nil
    let datastore = Datastore(
      backend: backend,
      configuration: .init(
        maxCommitMutations: 20, maxCommitBytes: 1_000, maxConcurrentCommits: concurrent),
      on: manual.executor)
    var futures: [Future<Key>] = []
    for number in 0..<300 as Range<Int64> {
      let id = Int64.random(in: 1...9, using: &random)
      let text = String(repeating: "x", count: .random(in: 0...600, using: &random))
      let put = datastore.put(
        Entity(
          id == 9 ? Key(incomplete: "A") : Key("A", id: id),
          ["number": .unindexed(.integer(number)), "text": .unindexed(.string(text))]))
      futures.append(put)
      if Int.random(in: 0..<4, using: &random) == 0 { manual.advance(by: .milliseconds(1)) }
      if Int.random(in: 0..<4, using: &random) == 0 { _ = backend.finish(&random) }
      if Int.random(in: 0..<10, using: &random) == 0 {
        futures.randomElement(using: &random)?.cancel()
      }
    }
    repeat { manual.advance(by: .milliseconds(1)) } while backend.finish(&random)
    for (number, future) in futures.enumerated() {
      guard future.done() else {
        Issue.record("write \(number) has not ended")
        continue
      }
      // What was cancelled may have been written; what succeeded must have been.
      if future.getException() == nil {
        #expect(backend.state.withLock { $0.numbers.contains(Int64(number)) })
      } else {
        #expect(future.isCancelled)
      }
    }
    #expect(backend.state.withLock { $0.underWay.isEmpty })
    #expect(backend.state.withLock { $0.sizes.contains { $0 > 1 } })
  }
}
