// SPDX-License-Identifier: Apache-2.0
internal import CArrival

/// What Arrival keeps for one thread. Only that thread touches it.
final class ThreadLocals {
  /// The futures whose callbacks this thread still has to run.
  @exclusivity(unchecked) var deliveries = DeliveryQueue()

  /// Where the binding of `WaitOwner.current` is while a callback sees other task-local values, if
  /// the callback runs in the code of that tasklet.
  var ownerPlace: UnsafeRawPointer?

  /// The sources that have to be told that their futures were dropped.
  var dropped = DroppedFutures()

  /// What the executor keeps for the thread, once it has met one: a `ThreadState`. Stored here, so
  /// that a thread has one slot for both, while futures need not know the executor.
  var executorState: AnyObject?

  static var current: ThreadLocals { existing ?? make() }

  /// The values of the calling thread; `nil` if it has none because it never met Arrival.
  static var existing: ThreadLocals? {
    arrival_thread_slot().map { Unmanaged<ThreadLocals>.fromOpaque($0).takeUnretainedValue() }
  }

  @inline(never)
  private static func make() -> ThreadLocals {
    let locals = ThreadLocals()
    arrival_thread_slot_set(Unmanaged.passRetained(locals).toOpaque()) {
      Unmanaged<ThreadLocals>.fromOpaque($0).release()
    }
    return locals
  }
}
