// SPDX-License-Identifier: Apache-2.0
#if Hummingbird
  internal import Synchronization

  /// A value that each request has of its own, such as a cache in front of a batcher.
  ///
  /// ```swift
  /// enum Loaders {
  ///   static let all = Batcher<Int, User>("users") { (ids: [Int]) in try await api.users(ids) }
  ///   static let users = PerRequest { all.scoped(cache: .lru(1_000)) }
  /// }
  ///
  /// router.get("users/:id") { _, context in
  ///   try await Loaders.users.current.load(context.parameters.require("id", as: Int.self)).value
  /// }
  /// ```
  ///
  /// Share the batcher and scope its cache, as here. Then a call serves the loads of all requests
  /// that run at once. A batcher made anew for each request has calls of its own.
  ///
  /// Made when a request first uses it, and freed when the request ends. Child tasks and tasklets
  /// of a request have the value of the request.
  public struct PerRequest<Value: Sendable>: Sendable {
    private final class Key: Sendable {}

    private let key = Key()
    private let make: @Sendable () -> Value

    /// - Parameter make: makes the value of a request. It must not use other values of requests.
    public init(_ make: @escaping @Sendable () -> Value) { self.make = make }

    /// The value of the calling request.
    ///
    /// Outside of requests and of ``withRequestValues(_:)``, a new one each time.
    public var current: Value {
      RequestValues.current?.value(of: ObjectIdentifier(key), make) ?? make()
    }
  }

  /// Runs a body that has values of its own, as a request has: a background job or a test.
  ///
  /// ```swift
  /// try await withRequestValues {
  ///   for invoice in invoices { try await send(invoice, using: Loaders.users.current) }
  /// }
  /// ```
  ///
  /// ``ArrivalMiddleware`` does this for each request. A body inside another one has new values.
  ///
  /// - Parameter body: the job.
  /// - Returns: what the body returns.
  /// - Throws: what the body throws.
  public nonisolated(nonsending) func withRequestValues<Result>(
    _ body: () async throws -> Result
  ) async rethrows -> Result {
    try await RequestValues.$current.withValue(RequestValues(), operation: body)
  }

  /// The values of one request.
  final class RequestValues: Sendable {
    @TaskLocal static var current: RequestValues?

    private let values = Mutex<[ObjectIdentifier: any Sendable]>([:])

    func value<Value: Sendable>(of key: ObjectIdentifier, _ make: () -> Value) -> Value {
      values.withLock { values in
        if let value = values[key] as? Value { return value }
        let value = make()
        values[key] = value
        return value
      }
    }
  }
#endif
