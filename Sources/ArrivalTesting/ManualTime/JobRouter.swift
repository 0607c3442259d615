// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import CArrivalTesting
internal import Synchronization

/// Takes the jobs of tasks in manual time from Swift's global pool.
///
/// Tasks that prefer the world's executor come there by themselves: the body, its child tasks and
/// tasklets. `Task { … }` and actors enqueue their jobs for the global pool. A job belongs to a
/// world if that world's thread enqueues it, or a task of that world on another thread does, or if
/// its task belonged to the world before.
enum JobRouter {
  private static let isInstalled = arrival_hook_global_jobs { job, task in
    JobRouter.route(unsafeBitCast(job, to: UnownedJob.self), ofTask: task)
  }
  private static let count = Atomic<Int>(0)
  private static let worlds = Mutex(Worlds())

  private struct Worlds {
    var all: [ObjectIdentifier: ManualWorld] = [:]
    var ofTasks: [UInt64: ManualWorld] = [:]
  }

  static func add(_ world: ManualWorld) {
    _ = isInstalled
    worlds.withLock { $0.all[ObjectIdentifier(world.executor)] = world }
    count.add(1, ordering: .sequentiallyConsistent)
  }

  /// From now on the pool runs the jobs of the world's tasks.
  static func remove(_ world: ManualWorld) {
    worlds.withLock { worlds in
      worlds.all[ObjectIdentifier(world.executor)] = nil
      worlds.ofTasks = worlds.ofTasks.filter { $0.value !== world }
    }
    count.subtract(1, ordering: .sequentiallyConsistent)
  }

  /// - Parameter task: the number of the task; zero if the job is of an actor.
  /// - Returns: whether a world takes the job.
  private static func route(_ job: UnownedJob, ofTask task: UInt64) -> Bool {
    if count.load(ordering: .relaxed) == 0 { return false }
    guard let world = world(ofTask: task) else { return false }
    world.take(job)
    return true
  }

  private static func world(ofTask task: UInt64) -> ManualWorld? {
    let ofThread = ManualWorld.ofThread
    if task == 0 { return ofThread }
    let caller = ofThread == nil ? ManualTimeContext.executor : nil
    return worlds.withLock { worlds in
      if let known = worlds.ofTasks[task] { return known }
      guard let world = ofThread ?? caller.flatMap({ worlds.all[ObjectIdentifier($0)] }),
        world.isYounger(task)
      else { return nil }
      worlds.ofTasks[task] = world
      return world
    }
  }
}
