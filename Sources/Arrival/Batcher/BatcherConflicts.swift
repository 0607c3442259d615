// SPDX-License-Identifier: Apache-2.0
/// Which elements of a ``Batcher`` change the same resource and must keep their order.
///
/// ```swift
/// let counters = Batcher<Increment, Int>(
///   "counters", configuration: .init(deduplicates: false), conflicts: .by { $0.counter }
/// ) { (increments: [Increment]) in
///   try await counts.add(increments)
/// }
/// ```
///
/// An element is sent only after the calls of all earlier elements with the same resource have
/// ended. So they never share a batch and are never under way at the same time. Elements with other
/// resources are not delayed. If the earlier element fails, the later one is sent all the same.
public struct BatcherConflicts<Key: Hashable & Sendable>: Sendable {
  let makeTable: @Sendable () -> ConflictTable<Key>

  /// Elements with equal resources conflict. An element without a resource conflicts with none.
  ///
  /// - Parameter resource: what an element changes, such as a primary key; `nil` for nothing.
  ///   Called once for each load, on the calling thread.
  public static func by<Resource: Hashable & Sendable>(
    _ resource: @escaping @Sendable (Key) -> Resource?
  ) -> Self {
    Self { ResourceTable(resource) }
  }
}
