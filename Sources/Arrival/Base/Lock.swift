internal import CArrival
public import Synchronization

#if os(Linux) || os(Android)
  /// A value and the lock that protects it, as `Synchronization.Mutex`.
  ///
  /// That one hands itself to the thread that has waited longest (`FUTEX_LOCK_PI`). Where more threads
  /// than cores want it, each time it is taken then costs a switch of threads: eight threads
  /// on two cores made 100,000 loads of a batcher in seven seconds instead of a tenth of one. Here
  /// whoever comes first takes a free lock, and one who was woken tries again. It is "Mutex 3" of
  /// Ulrich Drepper's "Futexes Are Tricky" (2011), with a short spin before the sleep.
  ///
  /// Inlinable, or other modules of the package would call an unspecialised body.
  ///
  /// `word` is *free*, *held*, or *contended*: held, and somebody may sleep. Only a thread that is
  /// about to sleep, or has slept, makes it contended, and so owns the duty to keep it so: it takes the
  /// lock as contended, and its unlocking wakes the next. A wake is lost only if the word was not
  /// contended when it was given up, and then nobody slept on it: the system lets a thread sleep only
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

  /// What a ``Lock`` does with its word, for all types of values.
  @usableFromInline
  enum LockWord {
    @inlinable static var free: UInt32 { 0 }
    @inlinable static var held: UInt32 { 1 }
    @inlinable static var contended: UInt32 { 2 }

    /// How often a thread looks again before it sleeps: about a microsecond. What is done under these
    /// locks takes a tenth of that.
    private static let spins = 40
    /// On one core nobody can give the lock up meanwhile.
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
  /// A value and the lock that protects it. Here the system's is as it should be: unfair and small.
  package typealias Lock<Value: ~Copyable> = Mutex<Value>
#endif
