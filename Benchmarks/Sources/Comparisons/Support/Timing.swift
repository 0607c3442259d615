// SPDX-License-Identifier: Apache-2.0
internal import Dispatch

/// The nanoseconds that `body` takes.
public func timed(_ body: () throws -> Void) -> UInt64 {
  let start = DispatchTime.now().uptimeNanoseconds
  orTrap(body)
  return DispatchTime.now().uptimeNanoseconds - start
}

/// The nanoseconds that `body` takes.
nonisolated(nonsending) func timedAsync(_ body: () async throws -> Void) async rethrows -> UInt64 {
  let start = DispatchTime.now().uptimeNanoseconds
  try await body()
  return DispatchTime.now().uptimeNanoseconds - start
}

/// Stops the program if `body` fails, because the measurement is useless then.
func orTrap<T>(_ body: () throws -> T) -> T {
  do { return try body() } catch { fatalError("a benchmark failed: \(error)") }
}

/// Keeps the optimiser from removing the code that made the value.
@inline(never)
@_optimize(none)
func use<T>(_ value: T) {}

/// Blocks until the task has ended.
func blockOnTask<T: Sendable>(_ body: @escaping @Sendable () async throws -> T) -> T {
  let done = DispatchSemaphore(value: 0)
  let result = Slot<T>()
  Task.detached {
    do { result.value = try await body() } catch { fatalError("a benchmark failed: \(error)") }
    done.signal()
  }
  done.wait()
  return result.value!
}

/// A value passed from one thread to another.
///
/// `@unchecked Sendable`: a semaphore or a join orders writing before reading.
final class Slot<T>: @unchecked Sendable { var value: T? }
