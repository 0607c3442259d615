// SPDX-License-Identifier: Apache-2.0
internal import CArrival
public import Synchronization

#if os(Linux) || os(Android)
  /// A value and the lock that protects it, like `Synchronization.Mutex`.
  ///
  /// `Mutex` hands itself to the thread that has waited longest (`FUTEX_LOCK_PI`). If more threads
  /// than cores want it, each time it is taken costs a switch of threads: eight threads on two
  /// cores made 100,000 loads of a batcher in seven seconds instead of a tenth of one. Here the
  /// first thread that comes takes a free lock, and a thread that was woken tries again. It is
  /// "Mutex 3" of Ulrich Drepper's "Futexes Are Tricky" (2011), with a short spin before the sleep.
  ///
  /// Inlinable, because other modules of the package would otherwise call an unspecialised body.
  ///
  /// `word` is *free*, *held*, or *contended*: held, and a thread may sleep. Only a thread that is
  /// about to sleep, or has slept, makes it contended. It takes the lock as contended, so that its
  /// unlocking wakes the next thread. A wake would be lost only if the word was not contended when
  /// the lock was released, and then no thread slept on it: the system lets a thread sleep only
  /// while the word still has that value.
  ///
  /// `@unchecked Sendable`: the value is reached only by the holder of the lock.
  package struct Lock<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
    @usableFromInline let word = Atomic<UInt32>(LockWord.free)
    // Public in name only, but frozen: it is what `Mutex` is made of.
    @usableFromInline let cell: _Cell<Value>

    @inlinable
    package init(_ value: consuming sending Value) { cell = _Cell(value) }

    @inlinable
    @inline(__always)
    package borrowing func withLock<Result: ~Copyable, Failure: Error>(
      _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
      if !LockWord.take(word) { LockWord.takeSlowly(word) }
      defer {
        if word.exchange(LockWord.free, ordering: .releasing) == LockWord.contended {
          LockWord.wakeOne(word)
        }
      }
      // A variable, or the thread sanitizer would take the access for one to the word too.
      let address = cell._address
      return try body(&address.pointee)
    }
  }

  /// The operations on the word of a ``Lock``, the same for all types of values.
  @usableFromInline
  enum LockWord {
    @inlinable static var free: UInt32 { 0 }
    @inlinable static var held: UInt32 { 1 }
    @inlinable static var contended: UInt32 { 2 }

    /// How often a thread looks again before it sleeps, for about a microsecond. The work under
    /// these locks takes a tenth of that.
    private static let spins = 40
    /// On one core no thread can release the lock meanwhile.
    private static let maySpin = coreCount() > 1

    @inlinable
    @inline(__always)
    static func take(_ word: borrowing Atomic<UInt32>) -> Bool {
      word.compareExchange(expected: free, desired: held, ordering: .acquiring).exchanged
    }

    @usableFromInline
    @inline(never)
    static func takeSlowly(_ word: borrowing Atomic<UInt32>) {
      if maySpin {
        for _ in 0..<spins {
          // Behind a sleeper the wait may be long.
          let value = word.load(ordering: .relaxed)
          if value == contended { break }
          if value == free, take(word) { return }
          arrival_spin_hint()
        }
      }
      while word.exchange(contended, ordering: .acquiring) != free {
        withUnsafePointer(to: word) { arrival_futex_wait($0, contended) }
      }
    }

    @usableFromInline
    @inline(never)
    static func wakeOne(_ word: borrowing Atomic<UInt32>) {
      withUnsafePointer(to: word) { arrival_futex_wake_one($0) }
    }
  }
#else
  /// A value and the lock that protects it. The system's lock is as it should be here: unfair and
  /// small.
  package typealias Lock<Value: ~Copyable> = Mutex<Value>
#endif
