// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import NIOCore
  internal import NIOPosix
  private import Synchronization

  /// Runs the tasks of requests on the event loops of their connections.
  ///
  /// On Swift's own pool, each request would wake two more threads: one when it has come, and one
  /// when its reply is written. A job runs on the loop that enqueues it. A job that another thread
  /// enqueues, such as a database's queue, runs on the loop where its task was before.
  final class RequestExecutor: TaskExecutor {
    private let loops: [any EventLoop]
    /// The loop where each task was before, at a hash of the task. If two tasks have one hash, one
    /// of them may change its loop, which costs a wake-up.
    private let places: [Place]

    private final class Place: Sendable {
      let loop = Atomic(0)
    }

    init(_ group: any EventLoopGroup) {
      loops = Array(group.makeIterator())
      places = (0..<1_024).map { _ in Place() }
    }

    func enqueue(_ job: consuming ExecutorJob) {
      let job = UnownedJob(job)
      let place = places[Self.hash(of: job) & (places.count - 1)]
      if let current = MultiThreadedEventLoopGroup.currentEventLoop,
        let index = loops.firstIndex(where: { $0 === current })
      {
        place.loop.store(index, ordering: .relaxed)
      }
      loops[place.loop.load(ordering: .relaxed)].execute {
        job.runSynchronously(on: self.asUnownedTaskExecutor())
      }
    }

    /// The job of a task is the task's object, so all jobs of a task have one hash.
    private static func hash(of job: UnownedJob) -> Int {
      let address = UInt64(UInt(bitPattern: unsafeBitCast(job, to: Int.self)))
      // Fibonacci hashing, as in Knuth's "The Art of Computer Programming", 6.4.
      return Int(truncatingIfNeeded: address &* 0x9E37_79B9_7F4A_7C15 >> 40)
    }
  }
#endif
