// SPDX-License-Identifier: Apache-2.0
internal import Arrival

private let loads = 100_000

extension Comparison {
  public static let batching = [
    loadDistinct, loadEqual, cacheHits, deliverDistinct, deliverEqual, loadsByThreads, keyATask,
    oneKey, oneKeyOfPlainTask, callsOfPlainTasks, nestedLoads, slowBackend,
  ]

  static let loadDistinct = Comparison(
    "batcher load alone, distinct keys", operations: loads, targets: [.rate(3_000_000)],
    [Contender(timingItself: "Arrival") { loadAlone($0) { $0 } }])

  static let loadEqual = Comparison(
    "batcher load alone, 100 keys over and over", operations: loads, targets: [.rate(3_000_000)],
    [Contender(timingItself: "Arrival") { loadAlone($0) { $0 % 100 } }])

  static let cacheHits = Comparison(
    "batcher load alone, 100 keys in its cache", operations: loads,
    [
      Contender(timingItself: "Arrival") { count in
        let batcher = Batcher<Int, Int>("bench", on: Machinery.single, cache: .lru(1_000)) {
          (keys: [Int]) in keys
        }
        for key in 0..<100 { _ = batcher.prime(key, key) }
        return Machinery.inTasklet { timed { for i in 0..<count { use(batcher.load(i % 100)) } } }
      }
    ])

  static let deliverDistinct = Comparison(
    "batcher load and delivery, distinct keys, one task", operations: loads,
    targets: [.rate(3_000_000)],
    [Contender(timingItself: "Arrival") { loadAndDeliver($0) { $0 } }])

  static let deliverEqual = Comparison(
    "batcher load and delivery, 100 keys over and over, one task", operations: loads,
    targets: [.rate(3_000_000)],
    [Contender(timingItself: "Arrival") { loadAndDeliver($0) { $0 % 100 } }])

  /// 100,000 tasks load one key each.
  static let keyATask = Comparison(
    "batcher, one task a key, load and delivery", operations: loads, rounds: 12,
    [
      Contender(timingItself: "Arrival") { count in
        Machinery.timedInTasklet {
          let batcher = makeBatcher()
          await withTaskGroup(of: Int.self) { group in
            for i in 0..<count { group.addTask { orZero(try? await batcher.load(i).value) } }
            for await value in group { use(value) }
          }
        }
      },
      Contender(timingItself: "one backend call a key") { count in
        Machinery.timedInTask {
          await withTaskGroup(of: Int.self) { group in
            for i in 0..<count { group.addTask { orZero(await Backend.answer([i])[i]) } }
            for await value in group { use(value) }
          }
        }
      },
      Contender(timingItself: "batcher with a 2 ms timer") { count in
        Machinery.timedInTask {
          let batcher = TimerBatcher(maxBatchSize: 1000, delay: .milliseconds(2)) {
            await Backend.answer($0)
          }
          await withTaskGroup(of: Int.self) { group in
            for i in 0..<count { group.addTask { orZero(await batcher.load(i)) } }
            for await value in group { use(value) }
          }
        }
      },
    ])

  /// The same for a task on Swift's global pool, such as the handler of a web framework.
  static let oneKeyOfPlainTask = Comparison(
    "batcher, a key that comes alone, from a plain task", rounds: 30,
    [
      Contender(timingItself: "Arrival") { count in
        Machinery.timedInTask {
          let batcher = Batcher<Int, Int>("bench") { (keys: [Int]) in keys }
          for i in 0..<count { use(try await batcher.load(i).value) }
        }
      },
      Contender(timingItself: "batcher with a 2 ms timer") { count in
        Machinery.timedInTask {
          let batcher = TimerBatcher(maxBatchSize: 1000, delay: .milliseconds(2)) {
            await Backend.answer($0)
          }
          for i in 0..<count { use(await batcher.load(i)) }
        }
      },
    ])

  /// 100 plain tasks give way once and then load one key each. The result is no time: it is how
  /// many calls they make.
  static let callsOfPlainTasks = Comparison(
    "batcher, calls (not ns) for 100 plain tasks that yield and load a key each", operations: 5,
    rounds: 50,
    [
      Contender(timingItself: "Arrival") { count in
        blockOnTask {
          var calls = 0
          for _ in 0..<count {
            let batcher = Batcher<Int, Int>("bench") { (keys: [Int]) in keys }
            await withTaskGroup(of: Int.self) { group in
              for i in 0..<100 {
                group.addTask {
                  await Task.yield()
                  return orZero(try? await batcher.load(i).value)
                }
              }
              for await value in group { use(value) }
            }
            calls += batcher.statistics().calls
          }
          return UInt64(calls)
        }
      }
    ])

  /// How long a caller waits when no other task loads anything.
  static let oneKey = Comparison(
    "batcher, a key that comes alone", rounds: 30,
    [
      Contender(timingItself: "Arrival") { count in
        Machinery.timedInTasklet {
          let batcher = makeBatcher()
          for i in 0..<count { use(try await batcher.load(i).value) }
        }
      },
      Contender(timingItself: "one backend call a key") { count in
        Machinery.timedInTask { for i in 0..<count { use(await Backend.answer([i])) } }
      },
      Contender(timingItself: "batcher with a 2 ms timer") { count in
        Machinery.timedInTask {
          let batcher = TimerBatcher(maxBatchSize: 1000, delay: .milliseconds(2)) {
            await Backend.answer($0)
          }
          for i in 0..<count { use(await batcher.load(i)) }
        }
      },
    ])
}

private func makeBatcher() -> Batcher<Int, Int> {
  Batcher("bench", on: Machinery.single) { (keys: [Int]) in keys }
}

private func loadAlone(_ count: Int, _ key: @escaping @Sendable (Int) -> Int) -> UInt64 {
  let batcher = makeBatcher()
  return Machinery.inTasklet {
    var futures: [Future<Int>] = []
    futures.reserveCapacity(count)
    let time = timed { for i in 0..<count { futures.append(batcher.load(key(i))) } }
    await Future.waitAll(futures)
    return time
  }
}

private func loadAndDeliver(_ count: Int, _ key: @escaping @Sendable (Int) -> Int) -> UInt64 {
  let batcher = makeBatcher()
  return Machinery.inTasklet {
    try await timedAsync {
      let futures = (0..<count).map { batcher.load(key($0)) }
      for future in futures { use(try await future.value) }
    }
  }
}

private func orZero(_ value: Int?) -> Int { value ?? 0 }
