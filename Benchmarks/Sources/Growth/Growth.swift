// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import CAllocations
internal import Foundation

/// How throughput changes with the number of threads, and memory with the number of futures. Prints
/// two tables in Markdown.
///
/// Each row does the same work, divided among the threads. On a machine with fewer cores than
/// threads the numbers cannot rise; they should not fall.
@main
struct Growth {
  private static let operations = 200_000
  private static let rounds = 5

  static func main() {
    print("| million operations a second | " + Work.all.map(\.name).joined(separator: " | ") + " |")
    print("| --- |" + Work.all.map { _ in " ---: |" }.joined())
    for threads in [1, 2, 4, 8, 16, 32, 64] {
      let executor = TaskletExecutor("growth", configuration: .init(threads: threads))
      let cells = Work.all.map { work in
        // The fastest round: others had the cores in the rest.
        let best = (0..<rounds).map { _ in work.run(executor, threads, operations) }.min() ?? 0
        return String(format: "%.2f", Double(operations) / best / 1_000_000)
      }
      print("| \(threads) threads | " + cells.joined(separator: " | ") + " |")
      executor.shutdown()
    }
    print("")
    print("| pending | bytes each | ns to make each |")
    print("| --- | ---: | ---: |")
    for count in [10_000, 100_000, 1_000_000] { Pending.tasklets(count).report() }
    for count in [100_000, 1_000_000, 10_000_000] { Pending.promises(count).report() }
  }
}

/// One kind of work.
private struct Work: Sendable {
  let name: String
  /// Does so many operations on so many threads. Returns the seconds.
  let run: @Sendable (TaskletExecutor, _ threads: Int, _ count: Int) -> Double

  static let all = [
    Work(name: "loads into one batcher, by tasklets") { executor, threads, count in
      let batcher = Batcher<Int, Int>("growth", on: executor) { (keys: [Int]) in keys }
      return seconds {
        let tasklets = (0..<threads).map { thread in
          Future(on: executor) {
            let futures = stride(from: thread, to: count, by: threads).map { batcher.load($0) }
            for future in futures { _ = try await future.value }
          }
        }
        Future.waitAll(tasklets)
      }
    },
    Work(name: "tasklets started by tasklets, and awaited") { executor, threads, count in
      seconds {
        let parents = (0..<threads).map { thread in
          Future(on: executor) {
            for i in stride(from: thread, to: count, by: threads) {
              _ = try await Future { i }.value
            }
          }
        }
        Future.waitAll(parents)
      }
    },
    Work(name: "tasklets started by threads") { executor, threads, count in
      seconds {
        onThreads(threads) { thread in
          Future.waitAll(
            stride(from: thread, to: count, by: threads).map { i in Future(on: executor) { i } })
        }
      }
    },
    Work(name: "promises completed by threads, each awaited by a tasklet") {
      executor, threads, count in
      let promises = (0..<count).map { _ in Promise<Int>() }
      let tasklets = promises.map { promise in
        Future(on: executor) { try await promise.future.value }
      }
      while executor.statistics().ready > 0 { usleep(100) }
      return seconds {
        onThreads(threads) { thread in
          for i in stride(from: thread, to: count, by: threads) { promises[i].succeed(i) }
        }
        Future.waitAll(tasklets)
      }
    },
  ]
}

/// Runs a body on plain threads, and waits for them.
private func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
  let ends = (0..<count).map { number in
    let end = Promise<Void>()
    Thread {
      body(number)
      end.succeed(())
    }.start()
    return end.future
  }
  Future.waitAll(ends)
}

private func seconds(_ body: () -> Void) -> Double {
  let start = ContinuousClock.now
  body()
  return start.duration(to: .now) / .seconds(1)
}

/// Many futures that are pending at once.
private struct Pending {
  let name: String
  let bytes: Int
  let nanoseconds: Double

  func report() { print("| \(name) | \(bytes) | \(Int(nanoseconds)) |") }

  /// Tasklets, each of which awaits one promise.
  static func tasklets(_ count: Int) -> Pending {
    let gate = Promise<Void>()
    let executor = TaskletExecutor("pending")
    let pending = measure("\(count) tasklets that await", count) {
      let tasklets = (0..<count).map { _ in
        Future(on: executor) { try await gate.future.value }
      }
      while executor.statistics().ready > 0 { usleep(100) }
      return tasklets
    } release: { tasklets in
      gate.succeed(())
      Future.waitAll(tasklets)
    }
    executor.shutdown()
    return pending
  }

  static func promises(_ count: Int) -> Pending {
    measure("\(count) promises", count) {
      (0..<count).map { _ in Promise<Int>() }
    } release: { promises in
      for promise in promises { promise.succeed(0) }
    }
  }

  private static func measure<Kept>(
    _ name: String, _ count: Int, _ make: () -> Kept, release: (Kept) -> Void
  ) -> Pending {
    let before = allocations_live_bytes()
    let start = ContinuousClock.now
    let kept = make()
    let time = start.duration(to: .now) / .nanoseconds(count)
    let bytes = Int(allocations_live_bytes() - before) / count
    release(kept)
    return Pending(name: name, bytes: bytes, nanoseconds: time)
  }
}
