// SPDX-License-Identifier: Apache-2.0
internal import CArrival
internal import Synchronization

/// Code that waits, and that others may wait for: a tasklet, as waits and the wait-for graph see
/// it.
///
/// It is found from the code that it runs by a task-local value.
// `@unchecked Sendable`: as its base class; what it adds is atomic or behind a lock.
class WaitOwner: OwningSource, @unchecked Sendable {
  /// The tasklet whose code runs: in its own task and in every task that inherits task-local values
  /// from it, so in child tasks, but also in a `Task { … }` that it starts.
  @TaskLocal static var current: WaitOwner?

  /// The waits of the tasklet and of its child tasks.
  let waits = Lock(WaitList())
  /// Where the binding of `current` is stored in its task; see `enclosing`.
  private let binding = Atomic<UInt>(0)
  /// Its own task; zero before that runs.
  private let ownTask = Atomic<UInt>(0)
  /// Some tasklet may be held up by this one although no waiter of its future says so.
  private let holdsUpOthers: Atomic<Bool>

  /// - Parameter holdsUpOthers: whether it completes more futures than its own.
  init(owning future: FutureCore, holdsUpOthers: Bool) {
    self.holdsUpOthers = Atomic(holdsUpOthers)
    super.init(owning: future)
  }

  /// The time of its manual clock; `nil` if the ages of its waits are told by the system's clock.
  var manualNow: Nanoseconds? { fatalError("the owner of a wait overrides manualNow") }

  /// The tasklet that cannot end before the calling code returns: the code is part of its task, or
  /// of a child task, which has to end first. It is not part of a `Task { … }` that the tasklet
  /// started.
  ///
  /// Child tasks find the binding of `current` where their parents have it. An unstructured task
  /// has a copy of its own.
  static var enclosing: WaitOwner? {
    guard let place = arrival_task_local(key),
      let owner = place.load(as: Unmanaged<WaitOwner>?.self)?.takeUnretainedValue()
    else { return nil }
    if owner.binding.load(ordering: .relaxed) == UInt(bitPattern: place) { return owner }
    // In a callback it is bound a second time; see `CallbackContext`.
    return ThreadLocals.existing?.ownerPlace == place ? owner : nil
  }

  /// The key of the task-local value: the address of the object that declares it.
  // The object lives as long as the program.
  nonisolated(unsafe) static let key = UnsafeRawPointer(
    Unmanaged.passUnretained($current).toOpaque())

  /// Binds `current` to this tasklet in the calling task, which becomes its own task. That task
  /// calls it first of all, and `unbind()` last.
  // `$current.withValue` needs two more async functions, and each call and return of one costs a
  // tasklet about 300 instructions.
  final func bind() {
    let value = Unmanaged<WaitOwner>.passRetained(self).toOpaque()
    let place = arrival_task_local_bind(Self.key, Self.valueType, value)
    binding.store(UInt(bitPattern: place), ordering: .relaxed)
    ownTask.store(UInt(bitPattern: arrival_task()), ordering: .relaxed)
  }

  /// Ends the binding.
  static func unbind() { arrival_task_local_unbind() }

  /// The type of the value that is bound.
  private nonisolated(unsafe) static let valueType = unsafeBitCast(
    WaitOwner?.self, to: UnsafeRawPointer.self)

  /// Whether the calling code runs in the tasklet's own task, not in a child task.
  final var isOwnTask: Bool {
    ownTask.load(ordering: .relaxed) == UInt(bitPattern: arrival_task())
  }

  /// The tasklet's task was cancelled: its own wait ends, if it waits.
  ///
  /// A task is marked as cancelled first, and then its waits are looked at. A wait is put on the
  /// list first, and then looks at the mark. So one of the two sees the other.
  final func leaveWait() { waits.withLock { $0.endingWithOwner }?.leave() }

  /// Whether some tasklet may be held up by this one.
  final var mayHoldUpTasklet: Bool {
    if holdsUpOthers.load(ordering: .sequentiallyConsistent) { return true }
    return future?.mayHoldUpTasklet ?? false
  }

  /// Whether some tasklet is held up by this one although no waiter of its future says so.
  final var holdsUpTasklets: Bool { holdsUpOthers.load(ordering: .relaxed) }

  override final func willHoldUpTasklet() {
    // Read first: most of the time it is set already.
    if holdsUpOthers.load(ordering: .sequentiallyConsistent) { return }
    holdsUpOthers.store(true, ordering: .sequentiallyConsistent)
  }

  override final func dependencies() -> Dependencies { .waits(waits.withLock { $0.needs }) }
}
