// SPDX-License-Identifier: Apache-2.0
internal import CArrival
internal import Synchronization

/// Records where code of tasklets throws, and gives the record to the future that the error fails.
///
/// The recording itself is in C (`throws.c`): the runtime calls it at every throw of the program.
enum ThrowRecorder {
  /// A tasklet, as the recorder knows it: its word for records, and the future that it completes.
  struct Thrower {
    /// Lives as long as the tasklet.
    let word: UnsafeMutablePointer<UInt>
    let name: String?
    let creationSite: SourceSite
  }

  /// Where a tasklet is found, and its word in it.
  struct Layout {
    /// The key of the task-local value that is the tasklet.
    let key: UnsafeRawPointer
    /// How many bytes after the beginning of a tasklet its word is.
    let wordOffset: Int
    /// The tasklet that cannot end before the calling code returns.
    let current: @Sendable () -> Thrower?
  }

  private static let isInstalled = Atomic<Bool>(false)
  private static let installing = Lock<Void>(())
  // Written once, before `isInstalled` is stored.
  nonisolated(unsafe) private static var layout: Layout?

  private static var installedLayout: Layout? {
    isInstalled.load(ordering: .acquiring) ? layout : nil
  }

  /// To be called before a tasklet starts. The first call installs the hook.
  static func prepare(_ layout: @autoclosure () -> Layout) {
    if !isInstalled.load(ordering: .acquiring) { install(layout()) }
    arrival_throw_prepare()
  }

  @inline(never)
  private static func install(_ new: Layout) {
    installing.withLock { _ in
      if isInstalled.load(ordering: .relaxed) { return }
      // Not there in an unknown runtime: then only what futures raise is recorded.
      _ = arrival_throw_install(
        arrival_throw_layout(
          key: new.key, word_offset: new.wordOffset,
          any_error: metadata(of: (any Error).self),
          cancellation: metadata(of: CancellationError.self)))
      layout = new
      isInstalled.store(true, ordering: .releasing)
    }
  }

  private static func metadata(of type: Any.Type) -> UnsafeRawPointer {
    unsafeBitCast(type as Any.Type, to: UnsafeRawPointer.self)
  }

  private static func address(of object: AnyObject) -> UnsafeRawPointer {
    UnsafeRawPointer(Unmanaged.passUnretained(object).toOpaque())
  }

  /// The error of a future is about to be thrown to code that waited for it.
  static func willRaise(_ error: any Error, from trace: Trace) {
    guard let word = currentWord else { return }
    withExtendedLifetime(trace) {
      arrival_throw_raise(word, box(of: error), address(of: trace))
    }
  }

  /// The word of the tasklet whose code runs, without a reference count.
  private static var currentWord: UnsafeMutablePointer<UInt>? {
    guard let layout = installedLayout,
      let tasklet = arrival_task_local(layout.key)?.load(as: UnsafeMutableRawPointer?.self)
    else { return nil }
    return (tasklet + layout.wordOffset).assumingMemoryBound(to: UInt.self)
  }

  private static func box(of error: any Error) -> UnsafeRawPointer {
    // The coercion keeps the value inside from being passed instead.
    unsafeBitCast(error as any Error, to: UnsafeRawPointer.self)
  }

  /// The way of an error that left the code of a tasklet and fails its future.
  static func trace(of error: any Error, leaving thrower: Thrower) -> Trace? {
    // Code that throws typed errors has no box, so the one that arrives here is a new one.
    trace(of: error, thrownBy: thrower, orEqual: true)
  }

  /// The way of an error that was thrown in the current tasklet, for another future that it fails.
  static func trace(of error: any Error) -> Trace? {
    guard let thrower = installedLayout?.current() else { return nil }
    return trace(of: error, thrownBy: thrower, orEqual: false)
  }

  /// The same trace for all who ask, so that a thousand futures which fail with one error share it.
  private static func trace(
    of error: any Error, thrownBy thrower: Thrower, orEqual: Bool
  ) -> Trace? {
    let box = box(of: error)
    let (addresses, found) = withUnsafeTemporaryAllocation(of: UInt.self, capacity: capacity) {
      let found = arrival_throw_find(thrower.word, box, orEqual, $0.baseAddress!, capacity)
      return (Array($0.prefix(found.count)), found)
    }
    let known = found.object.map { Unmanaged<AnyObject>.fromOpaque($0).takeRetainedValue() }
    if addresses.isEmpty { return nil }
    let way = known as? Trace
    if found.is_kept, let way { return way }
    let trace = Trace(
      name: thrower.name, creationSite: thrower.creationSite, failureSite: nil,
      frames: RawFrames(addresses: addresses, asyncStart: found.async_start),
      upstream: way)
    arrival_throw_keep(thrower.word, box, address(of: trace))
    return withExtendedLifetime(error) { trace }
  }

  /// How many addresses a record has at most.
  private static let capacity = 128

  /// A tasklet is about to be freed, and has records in its word.
  static func forgetThrows(in word: UnsafeMutablePointer<UInt>) { arrival_throw_end(word) }
}
