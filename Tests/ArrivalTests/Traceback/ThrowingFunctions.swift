// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Arrival

// Functions that throw. Tests look for their names in traces, so none is inlined.

struct Missing: Error, Equatable { var number = 0 }
struct Other: Error {}
/// More than a record keeps of an unboxed value.
struct Large: Error {
  let words: (Int, Int, Int, Int, Int)
  init(_ number: Int) { words = (number, 0, 0, 0, number) }
}

/// Two kilobytes: more than a record.
struct Huge: Error {
  typealias Eight<Part> = (Part, Part, Part, Part, Part, Part, Part, Part)
  let words: Eight<Eight<(Int, Int, Int, Int)>>

  init() {
    let four = (-1, -1, -1, -1)
    let some = (four, four, four, four, four, four, four, four)
    words = (some, some, some, some, some, some, some, some)
  }
}

@inline(never) func throwMissing() throws -> Int { throw Missing(number: 1) }
@inline(never) func throwMissingElsewhere() throws -> Int { throw Missing(number: 1) }
@inline(never) func throwLarge(_ number: Int) throws(Large) -> Int { throw Large(number) }
@inline(never) func throwHuge() throws(Huge) -> Int { throw Huge() }
@inline(never) func throwOther() throws -> Int { throw Other() }
@inline(never) func throwTyped(_ number: Int) throws(Missing) -> Int {
  throw Missing(number: number)
}
@inline(never) func throwCancellation() throws -> Int { throw CancellationError() }

@inline(never) func innermost() async throws -> Int {
  let value = try throwMissing()
  await Task.yield()
  return value
}

@inline(never) func middle() async throws -> Int {
  await Task.yield()
  let value = try await innermost()
  return value + 1
}

@inline(never) func outermost() async throws -> Int { try await middle() + 1 }

@inline(never) func awaitResult(of future: Future<Int>) async throws -> Int {
  let value = try await future.getResult()
  return value + 1
}

@inline(never) func blockForResult(of future: Future<Int>) throws -> Int {
  let value = try future.getResult()
  return value + 1
}

/// Handles errors of another kind, then throws one on.
@inline(never) func rethrowAfterMore() async throws -> Int {
  do { return try throwMissing() } catch {
    _ = try? throwOther()
    await Task.yield()
    _ = try? throwOther()
    throw error
  }
}

extension Trace {
  private static let known = [
    "throwMissing", "throwMissingElsewhere", "throwLarge", "throwOther", "throwTyped",
    "throwCancellation", "innermost", "middle",
    "outermost", "awaitResult", "blockForResult", "rethrowAfterMore",
  ]

  /// Which of the functions of this file the future's own frames lie in, the most recent call last.
  var functions: [String] {
    (frames?.addresses ?? []).reversed().compactMap { address in
      let symbol = SymbolTable.program.name(at: address)
      return Self.known.first { symbol.contains("12ArrivalTests\($0.utf8.count)\($0)") }
    }
  }
}

/// The trace of a future that fails, once it has.
func trace(of future: some AnyFuture) async throws -> Trace {
  await future.wait()
  return try #require(future.failure).trace
}
