// SPDX-License-Identifier: Apache-2.0
internal import Arrival

private let keys = 1_000
private let connections = 16

extension Comparison {
  /// The effect of batching: a thousand keys from a backend that takes a millisecond per call,
  /// whatever the number of keys.
  static let slowBackend = Comparison(
    "1,000 keys from a backend of 1 ms, each", operations: keys, rounds: 12,
    [
      Contender(timingItself: "Arrival") { count in
        Machinery.timedInTasklet(on: .shared) {
          let batcher = slowBatcher()
          await withTaskGroup(of: Int?.self) { group in
            for key in 0..<count { group.addTask { try? await batcher.load(key).value } }
            for await value in group { use(value) }
          }
        }
      },
      Contender(timingItself: "Arrival, load(contentsOf:)") { count in
        Machinery.timedInTasklet(on: .shared) {
          for value in slowBatcher().load(contentsOf: 0..<count) { use(try await value.value) }
        }
      },
      Contender(timingItself: "Arrival, a tasklet a key") { count in
        Machinery.timedInTasklet(on: .shared) {
          let batcher = slowBatcher()
          let values = (0..<count).map { key in Future { try await batcher.load(key).value } }
          for value in values { use(try await value.value) }
        }
      },
      Contender(timingItself: "a call a key over 16 connections, TaskGroup") { count in
        Machinery.timedInTask {
          await withTaskGroup(of: Void.self) { group in
            for first in 0..<connections {
              group.addTask {
                for key in stride(from: first, to: count, by: connections) {
                  use(await answerSlowly([key]))
                }
              }
            }
          }
        }
      },
      Contender(timingItself: "a call a key, all at once, TaskGroup") { count in
        Machinery.timedInTask {
          await withTaskGroup(of: Void.self) { group in
            for key in 0..<count { group.addTask { use(await answerSlowly([key])) } }
          }
        }
      },
      Contender(timingItself: "batcher with a 2 ms timer") { count in
        Machinery.timedInTask {
          let batcher = TimerBatcher(maxBatchSize: 1000, delay: .milliseconds(2)) {
            await answerSlowly($0)
          }
          await withTaskGroup(of: Int?.self) { group in
            for key in 0..<count { group.addTask { await batcher.load(key) } }
            for await value in group { use(value) }
          }
        }
      },
    ])
}

private func slowBatcher() -> Batcher<Int, Int> {
  Batcher("bench") { (keys: [Int]) in await answerSlowly(keys) }
}

private func answerSlowly(_ keys: [Int]) async -> [Int: Int] {
  try? await Task.sleep(for: .milliseconds(1))
  return await Backend.answer(keys)
}
