// SPDX-License-Identifier: Apache-2.0
internal import Arrival

extension Comparison {
  /// 100 tasks load one key each from a batcher whose operation loads each of its keys from a
  /// second batcher, and so on. This makes five calls, one after the other.
  static let nestedLoads = Comparison(
    "batcher, 100 keys through five batchers, each operation loads from the next", operations: 20,
    rounds: 30,
    [
      Contender(timingItself: "Arrival") { count in
        Machinery.timedInTasklet {
          let batcher = nested(depth: 5)
          for _ in 0..<count {
            let values = (0..<100).map { key in
              Future(on: Machinery.single) { try await batcher.load(key).value }
            }
            for value in values { use(try await value.value) }
          }
        }
      },
      Contender(timingItself: "batchers with a 2 ms timer") { count in
        Machinery.timedInTask {
          let batcher = nestedTimers(depth: 5)
          for _ in 0..<count {
            await withTaskGroup(of: Int?.self) { group in
              for key in 0..<100 { group.addTask { await batcher.load(key) } }
              for await value in group { use(value) }
            }
          }
        }
      },
    ])
}

private func nested(depth: Int) -> Batcher<Int, Int> {
  if depth == 1 { return Batcher("level 1", on: Machinery.single) { (keys: [Int]) in keys } }
  let next = nested(depth: depth - 1)
  return Batcher("level \(depth)", on: Machinery.single) { (keys: [Int]) -> [Int] in
    try await Future.all(next.load(contentsOf: keys)).value
  }
}

private func nestedTimers(depth: Int) -> TimerBatcher {
  let next = depth == 1 ? nil : nestedTimers(depth: depth - 1)
  return TimerBatcher(maxBatchSize: 1000, delay: .milliseconds(2)) { keys in
    guard let next else { return await Backend.answer(keys) }
    return await withTaskGroup(of: (Int, Int?).self) { group in
      for key in keys { group.addTask { (key, await next.load(key)) } }
      var values: [Int: Int] = [:]
      for await (key, value) in group { values[key] = value }
      return values
    }
  }
}
