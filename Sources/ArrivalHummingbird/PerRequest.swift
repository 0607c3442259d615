// SPDX-License-Identifier: Apache-2.0
#if Hummingbird
  internal import Synchronization

  /// A value that each request has of its own, such as a batcher with a cache.
  ///
  /// ```swift
  /// enum Loaders {
  ///   static let users = PerRequest {
  ///     Batcher<Int, User>("users", cache: .lru(1000)) { (ids: [Int]) in
  ///       try await api.users(ids)
  ///     }
  ///   }
  /// }
  ///
  /// router.get("users/:id") { _, context in
  ///   try await Loaders.users.current.load(context.parameters.require("id", as: Int.self)).value
  /// }
  /// ```
  ///
  /// Made when a request first uses it, and freed when the request ends. Child tasks and tasklets
  /// of a request have the value of the request.
  public struct PerRequest<Value: Sendable>: Sendable {
    private final class Key: Sendable {}

    private let key = Key()
    private let make: @Sendable () -> Value

    /// - Parameter make: makes the value of a request. It must not use other values of requests.
    public init(_ make: @escaping @Sendable () -> Value) { self.make = make }

    /// The value of the calling request. Outside of requests, a new one each time.
    public var current: Value {
      RequestValues.current?.value(of: ObjectIdentifier(key), make) ?? make()
    }
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
