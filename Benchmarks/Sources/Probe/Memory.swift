// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import CAllocations
internal import Foundation

/// The memory of a pending future, as the allocator counts it.
enum Memory {
  private static let count = 100_000

  static func report() {
    print("| memory of | bytes | target | met |")
    print("| --- | ---: | --- | --- |")
    row("a pending `Future<Int>`, the object", instanceSize(of: Future<Int>.self), limit: 128)
    let pending = measure { (0..<count).map { _ in Promise<Int>() } }
    row("a promise and its pending future", pending)
    let withCallback = measure {
      (0..<count).map { _ in
        let promise = Promise<Int>()
        promise.future.onCompletion { _ in }
        return promise
      }
    }
    row("… with one callback", withCallback)
    let awaited = measure {
      let promises = (0..<count).map { _ in Promise<Int>() }
      let tasklets = promises.map { promise in Future { try await promise.future.value } }
      // All have reached their `await` when the executor is quiescent.
      Thread.sleep(forTimeInterval: 1)
      return (promises, tasklets)
    }
    row("… awaited by a tasklet, with the tasklet", awaited)
    queuedKeys()
  }

  /// The memory of a million keys that a batcher holds back.
  private static func queuedKeys() {
    let keys = 1_000_000
    let batcher = Batcher<Int, Int>(
      "bench", configuration: .init(maxBatchSize: 2 * keys, maxDelay: .seconds(3_600))
    ) { (keys: [Int]) in keys }
    let bytes = measure(keys) { (0..<keys).map { batcher.load($0) } }
    row("a key queued in a batcher, with its future", bytes, limit: 250)
  }

  private static func row(_ what: String, _ bytes: Int, limit: Int? = nil) {
    let target = limit.map { "at most \($0)" } ?? ""
    let met = limit.map { bytes <= $0 ? "yes" : "**no**" } ?? ""
    print("| \(what) | \(bytes) | \(target) | \(met) |")
  }

  /// The live bytes that `make` leaves per item, including the slots of the returned array.
  private static func measure<T>(_ count: Int = count, _ make: () -> T) -> Int {
    let before = allocations_live_bytes()
    let kept = make()
    let bytes = Int(allocations_live_bytes() - before)
    return withExtendedLifetime(kept) { bytes / count }
  }
}

/// The size of an instance, without what the allocator adds.
private func instanceSize(of type: AnyClass) -> Int {
  // The fields of Swift's class metadata: see `swift::TargetClassMetadata` of the runtime's ABI.
  #if canImport(Darwin)
    let offset = 48
  #else
    let offset = 24
  #endif
  let metadata = unsafeBitCast(type, to: UnsafeRawPointer.self)
  return Int(metadata.load(fromByteOffset: offset, as: UInt32.self))
}
