internal import CArrival
internal import Synchronization

/// Records where code of tasklets throws, and gives the record to the future that the error fails.
///
/// The recording itself is in C (`throws.c`): the runtime calls it at every throw of the program.
enum ThrowRecorder {
  private static let isInstalled = Atomic<Bool>(false)
  private static let installing = Lock<Void>(())

  /// To be called before a tasklet starts; the first time it installs the hook.
  static func prepare(_ tasklet: Tasklet) {
    if !isInstalled.load(ordering: .acquiring) { install(like: tasklet) }
    arrival_throw_prepare()
  }

  @inline(never)
  private static func install(like tasklet: Tasklet) {
    installing.withLock { _ in
      if isInstalled.load(ordering: .relaxed) { return }
      // Not there in an unknown runtime: then only what futures raise is recorded.
      _ = arrival_throw_install(
        arrival_throw_layout(
          key: Tasklet.key,
          word_offset: UnsafeRawPointer(place(in: tasklet)) - address(of: tasklet),
          any_error: metadata(of: (any Error).self),
          cancellation: metadata(of: CancellationError.self)))
      isInstalled.store(true, ordering: .releasing)
    }
  }

  private static func metadata(of type: Any.Type) -> UnsafeRawPointer {
    unsafeBitCast(type as Any.Type, to: UnsafeRawPointer.self)
  }

  private static func address(of object: AnyObject) -> UnsafeRawPointer {
    UnsafeRawPointer(Unmanaged.passUnretained(object).toOpaque())
  }

  /// The tasklet's word, which lives as long as it does.
  private static func place(in tasklet: Tasklet) -> UnsafeMutablePointer<UInt> {
    withUnsafePointer(to: tasklet.firstJobOrThrows) {
      UnsafeMutableRawPointer(mutating: $0).assumingMemoryBound(to: UInt.self)
    }
  }

  /// The error of a future is about to be thrown to code that waited for it.
  static func willRaise(_ failure: Failure) {
    guard let tasklet = currentTasklet else { return }
    tasklet._withUnsafeGuaranteedRef { tasklet in
      withExtendedLifetime(failure) {
        arrival_throw_raise(place(in: tasklet), box(of: failure.error), address(of: failure.trace))
      }
    }
  }

  /// As `Tasklet.current`, without a reference count.
  private static var currentTasklet: Unmanaged<Tasklet>? {
    arrival_task_local(Tasklet.key)?.load(as: Unmanaged<Tasklet>?.self)
  }

  private static func box(of error: any Error) -> UnsafeRawPointer {
    // The coercion keeps the value inside from being passed instead.
    unsafeBitCast(error as any Error, to: UnsafeRawPointer.self)
  }

  /// The failure of a tasklet's future with an error that left the tasklet's code.
  static func failure(
    of future: FutureCore, with error: any Error, in tasklet: Tasklet
  ) -> Failure {
    // Code that throws typed errors has no box, so the one that arrives here is a new one.
    guard let trace = trace(of: error, in: tasklet, of: future, orEqual: true) else {
      return Failure(error, site: nil, future: future)
    }
    return Failure(error, trace: trace)
  }

  /// The way of an error that was thrown in the current tasklet, for another future that it fails.
  static func trace(of error: any Error) -> Trace? {
    guard let tasklet = Tasklet.waiting, let future = tasklet.future else { return nil }
    return trace(of: error, in: tasklet, of: future, orEqual: false)
  }

  /// The same for all who ask, so that a thousand futures which fail with one error share it.
  private static func trace(
    of error: any Error, in tasklet: Tasklet, of future: FutureCore, orEqual: Bool
  ) -> Trace? {
    let place = place(in: tasklet)
    let box = box(of: error)
    let (addresses, found) = withUnsafeTemporaryAllocation(of: UInt.self, capacity: capacity) {
      let found = arrival_throw_find(place, box, orEqual, $0.baseAddress!, capacity)
      return (Array($0.prefix(found.count)), found)
    }
    let known = found.object.map { Unmanaged<AnyObject>.fromOpaque($0).takeRetainedValue() }
    if addresses.isEmpty { return nil }
    let way = known as? Trace
    if found.is_kept, let way { return way }
    let trace = Trace(
      name: future.name, creationSite: future.creationSite, failureSite: nil,
      frames: RawFrames(addresses: addresses, asyncStart: found.async_start),
      upstream: way)
    arrival_throw_keep(place, box, address(of: trace))
    return withExtendedLifetime(error) { trace }
  }

  /// How many addresses a record has at most.
  private static let capacity = 128

  /// The tasklet is about to be freed.
  static func forgetThrows(of tasklet: Tasklet) {
    if tasklet.firstJobOrThrows.load(ordering: .relaxed) & 1 != 0 {
      arrival_throw_end(place(in: tasklet))
    }
  }
}
