// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Arrival

/// Values of every size and kind come out as they went in, and are freed once.
@Suite struct ValueSlotTests {
  /// Says when it is freed.
  private final class Counted: Sendable {
    private let freed: Counter
    init(_ freed: Counter) { self.freed = freed }
    deinit { freed.raise() }
  }

  private struct Large: Sendable, Equatable {
    var a = 1
    var b = "two"
    var c = [3.0]
  }

  private func comesBack<T: Sendable & Equatable>(_ value: T) throws -> Bool {
    let promise = Promise<T>()
    promise.succeed(value)
    return try promise.future.getResult() == value && Future(value: value).getResult() == value
  }

  @Test func `Values of every size come out as they went in`() throws {
    #expect(try comesBack(true))
    #expect(try comesBack(UInt8(7)))
    #expect(try comesBack("a text that does not fit into the small form of a string"))
    #expect(try comesBack(String?.none))
    #expect(try comesBack([1, 2, 3]))
    #expect(try comesBack(Large()))
    #expect(try comesBack(Large?.none))
    #expect(try comesBack(SIMD4<Float>(1, 2, 3, 4)))
    #expect(try comesBack(SIMD8<Double>(repeating: 0.5)))
    #expect(try Future(value: ()).getResult() == ())
  }

  @Test func `Values of two words are kept in place; larger or further aligned values are not`() {
    #expect(ValueSlot.holds(Void.self))
    #expect(ValueSlot.holds(String.self))
    #expect(ValueSlot.holds((any AnyObject)?.self))
    #expect(!ValueSlot.holds(Large.self))
    #expect(!ValueSlot.holds(SIMD4<Float>.self))
  }

  @Test func `A value is freed with its future, once, whatever its size`() {
    let freed = Counter()
    do {
      let small = Promise<Counted>()
      small.succeed(Counted(freed))
      let large = Future(value: (Counted(freed), 1, 2, 3))
      #expect(freed.value == 0)
      // Refused, and so freed at once.
      small.succeed(Counted(freed))
      #expect(freed.value == 1)
      withExtendedLifetime((small, large)) {}
    }
    #expect(freed.value == 3)
  }

  @Test func `A future that failed or never arrived has no value to free`() {
    struct Failed: Error {}
    for _ in 0..<100 {
      let failed = Promise<Large>()
      failed.fail(Failed())
      _ = failed.future.getException()
      _ = Future<Large>(error: Failed()).getException()
      _ = Future<Large>(pending: nil, site: failed.future.creationSite)
    }
  }
}
