// SPDX-License-Identifier: Apache-2.0
import CArrival
import Testing

@testable import Arrival

/// Waits until the pool has records: none are there before the first tasklet has started, and while
/// a thread makes the first ones, the others go without.
func growPoolOfThrowRecords() {
  let error: any Error = Unique()
  let object = Unique()
  var word: UInt = 0
  while word == 0 {
    arrival_throw_prepare()
    // Without "as any Error" the box is opened, and this is the address of what is in it.
    let address = UnsafeRawPointer(bitPattern: unsafeBitCast(error as any Error, to: UInt.self))
    arrival_throw_raise(
      &word, address!, UnsafeRawPointer(Unmanaged.passUnretained(object).toOpaque()))
  }
  arrival_throw_end(&word)
}

/// The records of throws by themselves: how tasklets get them from the pool and give them back.
@Suite struct ThrowRecordPoolTests {
  init() { growPoolOfThrowRecords() }

  private static func address(of error: any Error) -> UInt {
    // Without "as any Error" the box is opened, and this is the address of what is in it.
    unsafeBitCast(error as any Error, to: UInt.self)
  }

  private func raise(_ error: any Error, _ object: AnyObject, in word: inout UInt) {
    arrival_throw_raise(
      &word, UnsafeRawPointer(bitPattern: Self.address(of: error))!,
      UnsafeRawPointer(Unmanaged.passUnretained(object).toOpaque()))
  }

  private func found(_ error: any Error, in word: inout UInt) -> (count: Int, object: AnyObject?) {
    var addresses: [UInt] = Array(repeating: 0, count: 128)
    let found = arrival_throw_find(
      &word, UnsafeRawPointer(bitPattern: Self.address(of: error))!, false, &addresses,
      128)
    return (found.count, found.object.map { Unmanaged.fromOpaque($0).takeRetainedValue() })
  }

  @Test func `Records are given back: there are enough for any number of tasklets in turn`() {
    let error: any Error = Unique()
    // All that can ever be made are 16,384.
    for _ in 0..<20_000 {
      var word: UInt = 0
      raise(error, self.object, in: &word)
      #expect(word != 0)
      arrival_throw_end(&word)
      #expect(word == 0)
    }
    var word: UInt = 0
    raise(error, object, in: &word)
    #expect(found(error, in: &word).count > 0)
    arrival_throw_end(&word)
  }

  @Test func `Each of a hundred tasklets has records of its own`() {
    // Fewer than the spare ones of the pool, so that some are left for other tests.
    let errors: [any Error] = (0..<100).map { _ in Unique() }
    let objects = errors.map { _ in Unique() }
    var words: [UInt] = Array(repeating: 0, count: errors.count)
    for index in errors.indices { raise(errors[index], objects[index], in: &words[index]) }
    #expect(Set(words).count == errors.count)
    for index in errors.indices {
      #expect(found(errors[index], in: &words[index]).object === objects[index])
      #expect(found(errors[(index + 1) % errors.count], in: &words[index]).count == 0)
    }
    for index in errors.indices { arrival_throw_end(&words[index]) }
  }

  @Test func `An error that is raised again has what was given last`() {
    let error: any Error = Unique()
    var word: UInt = 0
    let objects = (0..<3).map { _ in Unique() }
    for object in objects { raise(error, object, in: &word) }
    #expect(found(error, in: &word).object === objects[2])
    arrival_throw_end(&word)
  }

  @Test func `Raising errors again and again keeps none alive`() {
    weak var error: Unique?
    weak var object: Unique?
    var word: UInt = 0
    for _ in 0..<100 {
      let unique = Unique()
      let newError: any Error = unique
      let newObject = Unique()
      (error, object) = (unique, newObject)
      for _ in 0..<30 { raise(newError, newObject, in: &word) }
      #expect(found(newError, in: &word).object === newObject)
      arrival_throw_sweep()
    }
    arrival_throw_end(&word)
    #expect(error == nil && object == nil)
  }

  /// The word of a tasklet, and what was displaced from its records.
  // `@unchecked Sendable`: one thread after the other uses it.
  private final class Word: @unchecked Sendable {
    var value: UInt = 0
    weak var displaced: Unique?
    let error: any Error = Unique()
  }

  @Test func `A job that ends leaves records alone that went from its tasklet to another`() {
    for _ in 0..<1_000 {
      var word: UInt = 0
      raise(Unique(), object, in: &word)
      let records = word
      arrival_throw_end(&word)
      let next = Word()
      PlainThread {
        let displaced = Unique()
        next.displaced = displaced
        for object in [displaced, Unique()] { self.raise(next.error, object, in: &next.value) }
      }.join()
      arrival_throw_sweep()
      let isAlive = next.displaced != nil
      let isSame = next.value == records
      arrival_throw_end(&next.value)
      // A test that runs beside this one may have taken the records.
      guard isSame else { continue }
      #expect(isAlive)
      return
    }
    Issue.record("no tasklet got the records of the one before it")
  }

  @Test func `Errors that are raised make room for later ones in the same job`() {
    var word: UInt = 0
    for _ in 0..<100 {
      let error: any Error = Unique()
      raise(error, object, in: &word)
      #expect(found(error, in: &word).object === object)
    }
    arrival_throw_end(&word)
  }

  private let object = Unique()
}
