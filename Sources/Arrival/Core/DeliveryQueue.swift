// SPDX-License-Identifier: Apache-2.0
/// The callbacks that a thread has still to run.
///
/// A callback may complete another future, whose callbacks then wait here until the first returns:
/// so a chain of any length runs on a flat stack. All callbacks that have not begun stay here,
/// where `handOver` finds them when a callback goes to sleep.
struct DeliveryQueue {
  /// A done future, and those of its callbacks that were taken from it and have not begun.
  private struct Delivery {
    let future: FutureCore
    var rest: Waiter?
  }

  /// The future whose callbacks run now; `nil` when its rest was handed over. `drain` keeps it
  /// alive.
  private var current: Unmanaged<FutureCore>?
  /// Those of its callbacks that have not begun.
  private var rest: Waiter?
  /// The futures whose callbacks come after these.
  private var later = RingBuffer<Delivery>()
  private var isDraining = false

  init() {}

  /// Runs the callbacks of a done future, now or after those that run on this thread already.
  ///
  /// - Parameter chain: the callbacks to begin with. Taken, so that each is freed when it has run:
  ///   one freed on the way out could complete a future, whose callbacks would grow the stack.
  static func deliver(_ future: FutureCore, _ chain: inout Waiter?) {
    let thread = ThreadLocals.current
    if thread.deliveries.isDraining {
      thread.deliveries.later.append(Delivery(future: future, rest: chain.take()))
    } else {
      drain(thread, future, chain.take())
    }
  }

  private static func drain(
    _ thread: ThreadLocals, _ first: FutureCore, _ chain: consuming Waiter?
  ) {
    thread.deliveries.isDraining = true
    var chain = chain.take()
    // A callback sees the task-local values of the code that registered it, or none.
    CallbackContext.withNone {
      run(thread, first, chain.take())
      while let delivery = thread.deliveries.takeLater() {
        run(thread, delivery.future, delivery.rest)
      }
    }
    thread.deliveries.isDraining = false
  }

  /// Runs the callbacks of one future, including those registered meanwhile, unless they are handed
  /// over.
  @inline(__always)
  private static func run(
    _ thread: ThreadLocals, _ future: FutureCore, _ chain: consuming Waiter?
  ) {
    thread.deliveries.current = Unmanaged.passUnretained(future)
    var next = chain.take()
    while let callback = next ?? future.takeCallbacks() {
      // Stored only if there is any: the common case is one callback.
      if let rest = callback.detachNext() { thread.deliveries.rest = rest }
      callback.fire(future)
      if thread.deliveries.current == nil { break }
      next = thread.deliveries.rest.take()
    }
    thread.deliveries.current = nil
  }

  // Not inlined: in the loop above the optimiser would make the array of `later` unique at each
  // callback, even if it is empty.
  @inline(never)
  private mutating func takeLater() -> Delivery? { later.popFirst() }

  /// Gives the callbacks that have not begun to other threads: this one is about to sleep in the
  /// middle of a callback, perhaps for a result that a later callback brings.
  ///
  /// - Parameter submit: runs a closure on another thread.
  /// - Returns: the state to put back after the sleep. Until then the thread counts as outside of
  ///   callbacks, because a manual executor runs other work below the sleeping one.
  mutating func handOver(to submit: (@escaping @Sendable () -> Void) -> Void) -> DeliveryQueue {
    if !isDraining { return self }
    if let future = current.take() {
      submit(Self.work(for: Delivery(future: future.takeUnretainedValue(), rest: rest.take())))
    }
    while let delivery = later.popFirst() { submit(Self.work(for: delivery)) }
    isDraining = false
    var restored = DeliveryQueue()
    restored.isDraining = true
    return restored
  }

  private static func work(for delivery: Delivery) -> @Sendable () -> Void {
    {
      let thread = ThreadLocals.current
      let outer = thread.deliveries
      thread.deliveries = DeliveryQueue()
      drain(thread, delivery.future, delivery.rest)
      thread.deliveries = outer
    }
  }
}
