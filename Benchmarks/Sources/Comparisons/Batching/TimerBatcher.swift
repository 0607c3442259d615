// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// The operation of the batchers, which answers at once.
enum Backend {
  static func answer(_ keys: [Int]) async -> [Int: Int] {
    Dictionary(uniqueKeysWithValues: keys.map { ($0, $0) })
  }
}

/// The usual batcher: collects keys until a timer fires or a batch is full.
final class TimerBatcher: Sendable {
  private struct Open {
    var waiting: [Int: [CheckedContinuation<Int?, Never>]] = [:]
    var number = 0
  }

  private let open = Mutex(Open())
  private let maxBatchSize: Int
  private let delay: Duration
  private let operation: @Sendable ([Int]) async -> [Int: Int]

  init(
    maxBatchSize: Int, delay: Duration, _ operation: @escaping @Sendable ([Int]) async -> [Int: Int]
  ) {
    self.maxBatchSize = maxBatchSize
    self.delay = delay
    self.operation = operation
  }

  func load(_ key: Int) async -> Int? {
    await withCheckedContinuation { continuation in
      let (isFirst, isFull, number) = open.withLock { open in
        let isFirst = open.waiting.isEmpty
        open.waiting[key, default: []].append(continuation)
        return (isFirst, open.waiting.count >= maxBatchSize, open.number)
      }
      if isFull {
        Task { await send(number) }
      } else if isFirst {
        Task {
          try? await Task.sleep(for: delay)
          await send(number)
        }
      }
    }
  }

  private func send(_ number: Int) async {
    let waiting = open.withLock { open -> [Int: [CheckedContinuation<Int?, Never>]] in
      // A full batch has left before its timer fired.
      if open.number != number { return [:] }
      open.number += 1
      return open.waiting.take()
    }
    if waiting.isEmpty { return }
    let values = await operation(Array(waiting.keys))
    for (key, continuations) in waiting {
      for continuation in continuations { continuation.resume(returning: values[key]) }
    }
  }
}

extension Dictionary {
  /// Removes and returns all keys.
  fileprivate mutating func take() -> Self {
    defer { self = [:] }
    return self
  }
}
