/// The callbacks a thread has still to run.
///
/// A callback may complete another future, whose callbacks then wait here until the first returns:
/// so a chain of any length runs on a flat stack. All that has not begun stays here, where
/// `handOver` finds it when a callback goes to sleep.
struct DeliveryQueue {
  /// A done future and those of its callbacks that were taken from it and have not begun.
  private struct Delivery {
    let future: FutureCore
    var rest: Waiter?

    /// The next callback, of those registered meanwhile too; `nil` when there is none left.
    mutating func next() -> Waiter? {
      guard let callback = rest ?? future.takeCallbacks() else { return nil }
      rest = callback.detachNext()
      return callback
    }
  }

  /// The one whose callbacks run now.
  private var current: Delivery?
  /// Those whose callbacks come after these.
  private var later = RingBuffer<Delivery>()
  private var isDraining = false

  init() {}

  private init(current: Delivery) { self.current = current }

  /// Runs the callbacks of a done future, now or behind those that run on this thread already.
  ///
  /// - Parameter chain: the callbacks to begin with. Taken, so that each is freed when it has run:
  ///   one freed on the way out could complete a future, whose callbacks would grow the stack.
  static func deliver(_ future: FutureCore, _ chain: inout Waiter?) {
    let thread = ThreadState.current
    if thread.deliveries.isDraining {
      thread.deliveries.later.append(Delivery(future: future, rest: chain.take()))
    } else {
      thread.deliveries.current = Delivery(future: future, rest: chain.take())
      drain(thread)
    }
  }

  private static func drain(_ thread: ThreadState) {
    thread.deliveries.isDraining = true
    while let (callback, future) = thread.deliveries.next() { callback.fire(future) }
    thread.deliveries.isDraining = false
  }

  private mutating func next() -> (Waiter, FutureCore)? {
    while let future = current?.future {
      if let callback = current?.next() { return (callback, future) }
      takeLater()
    }
    return nil
  }

  // Not inlined: in the loop above the optimiser would make the array of `later` unique at each
  // callback, even if there is nothing in it.
  @inline(never)
  private mutating func takeLater() { current = later.popFirst() }

  /// Gives what has not begun to an executor: the thread is about to sleep in the middle of a
  /// callback, perhaps for something that a later callback would bring.
  ///
  /// - Returns: the state to put back after the sleep. Until then the thread counts as outside of
  ///   callbacks, because a manual executor runs other work below the sleeping one.
  mutating func handOver(to executor: @autoclosure () -> TaskletExecutor) -> DeliveryQueue {
    if !isDraining { return self }
    if let delivery = current.take() { Self.submit(delivery, to: executor()) }
    while let delivery = later.popFirst() { Self.submit(delivery, to: executor()) }
    isDraining = false
    var restored = DeliveryQueue()
    restored.isDraining = true
    return restored
  }

  private static func submit(_ delivery: Delivery, to executor: TaskletExecutor) {
    executor.submit(
      WorkItem {
        let thread = ThreadState.current
        let outer = thread.deliveries
        thread.deliveries = DeliveryQueue(current: delivery)
        drain(thread)
        thread.deliveries = outer
      })
  }
}
