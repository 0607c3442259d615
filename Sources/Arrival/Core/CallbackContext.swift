// SPDX-License-Identifier: Apache-2.0
internal import CArrival

/// The task-local values of the code that registered a callback, for the time when the callback
/// runs.
///
/// Without this a callback would see the values of the code that completes the future: those of
/// another request, perhaps. Two bindings of Arrival's own are not captured, since they belong to
/// the completing code, which cannot go on before the callback returns: the tasklet that a wait
/// holds up, and the call of a batch.
///
/// Swift has no interface for this except to start a task, which costs more than a callback. See
/// `locals.c` for how values are kept and shown instead. If the code has no values of its own,
/// there is no object, and a callback pays for two looks at a pointer.
@usableFromInline
// `@unchecked Sendable`: the values are `Sendable`, as those of all task-locals, and never change.
final class CallbackContext: @unchecked Sendable {
  private let values: UnsafeMutableRawPointer

  private init(_ values: UnsafeMutableRawPointer) { self.values = values }

  deinit { arrival_locals_release(values) }

  /// Whether the runtime keeps task-local values as expected. Otherwise callbacks see those of the
  /// code that completes the future.
  static let isSupported = arrival_locals_install(WaitOwner.key, address(of: WaitOwner?.self))

  /// Callbacks also see the values of this task-local as the completing code does. There is one.
  static func pass<Value>(_ key: TaskLocal<Value>) {
    arrival_locals_pass(
      UnsafeRawPointer(Unmanaged.passUnretained(key).toOpaque()), address(of: Value.self))
  }

  private static func address(of type: Any.Type) -> UnsafeRawPointer {
    unsafeBitCast(type, to: UnsafeRawPointer.self)
  }

  /// The values of the calling code; `nil` if it has none.
  @usableFromInline
  static func capture() -> CallbackContext? {
    guard isSupported, let values = arrival_locals_capture() else { return nil }
    return CallbackContext(values)
  }

  /// Runs `body` with the values of `context`. It must be inside of `withNone`.
  @inlinable
  @inline(__always)
  static func run<Result>(in context: CallbackContext?, _ body: () throws -> Result) rethrows
    -> Result
  {
    guard let context else { return try body() }
    let scope = context.enter()
    defer { scope.leave() }
    return try body()
  }

  /// Runs `body` without the values of the calling code.
  static func withNone(_ body: () -> Void) {
    guard isSupported, arrival_locals_are_foreign() else { return body() }
    let scope = Scope(nil)
    body()
    scope.leave()
  }

  @usableFromInline
  func enter() -> Scope { Scope(values) }

  /// A stretch of code that sees other values than its own.
  @usableFromInline
  struct Scope {
    private let locals: arrival_locals_scope
    private let outerPlace: UnsafeRawPointer?

    fileprivate init(_ values: UnsafeMutableRawPointer?) {
      let isEnclosed = WaitOwner.enclosing != nil
      let thread = ThreadLocals.current
      locals = arrival_locals_enter(values)
      outerPlace = thread.ownerPlace
      if isEnclosed { thread.ownerPlace = locals.owner }
    }

    @usableFromInline
    func leave() {
      ThreadLocals.current.ownerPlace = outerPlace
      arrival_locals_leave(locals)
    }
  }
}
