// SPDX-License-Identifier: Apache-2.0
internal import CArrival

/// Where a key comes from that no job of ours loads, with what is needed to watch that place.
enum KeyOrigin {
  /// A task on Swift's global pool.
  case pool
  /// A task on an actor, such as the main actor.
  case actor(ProbeActor)
  /// A task that prefers an executor that is not ours.
  case tasks(any TaskExecutor)
  /// Code that runs in no task.
  case thread

  /// Where the calling code runs.
  static var current: OriginID {
    let place = arrival_current_place()
    if !place.is_in_task { return .unknown }
    guard let identity = place.serial_identity ?? place.task_identity else { return .pool }
    return OriginID(rawValue: UInt(bitPattern: identity))
  }

  /// The same, with what is needed to watch it.
  static var watchable: KeyOrigin {
    let place = arrival_current_place()
    if !place.is_in_task { return .thread }
    if place.serial_identity != nil {
      return .actor(ProbeActor(sharing: place))
    }
    if place.task_identity != nil { return .tasks(taskExecutor(of: place)) }
    return .pool
  }

  // An existential of a class protocol has the words of Swift's reference to the executor: the
  // object, and the table of its conformance. The table's lowest bits are flags.
  private static func taskExecutor(of place: arrival_place) -> any TaskExecutor {
    let words = (
      UInt(bitPattern: place.task_identity), UInt(bitPattern: place.task_implementation) & ~3
    )
    return unsafeBitCast(words, to: (any TaskExecutor).self)
  }
}

/// Runs a probe on the executor of another actor, and keeps that executor alive meanwhile.
actor ProbeActor {
  private let executor: UnownedSerialExecutor
  private let identity: AnyObject

  /// Called on that executor, which therefore is alive.
  init(sharing place: arrival_place) {
    let words = (
      UInt(bitPattern: place.serial_identity), UInt(bitPattern: place.serial_implementation)
    )
    executor = unsafeBitCast(words, to: UnownedSerialExecutor.self)
    identity = Unmanaged<AnyObject>.fromOpaque(place.serial_identity!).takeUnretainedValue()
  }

  nonisolated var unownedExecutor: UnownedSerialExecutor { executor }
}
