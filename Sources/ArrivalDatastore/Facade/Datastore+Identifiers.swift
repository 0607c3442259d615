// SPDX-License-Identifier: Apache-2.0
public import Arrival
internal import DatastoreEngine

extension Datastore {
  /// Allocates IDs before their entities exist.
  ///
  /// ```swift
  /// let keys = try await datastore.allocateIDs(for: Key(incomplete: "Order"), count: 20).value
  /// ```
  ///
  /// No other call ever gets the same IDs, in any process, and neither do incomplete keys in `put`.
  /// The IDs are scattered over a large range and have up to 16 digits. Unused IDs cost nothing.
  ///
  /// - Parameters:
  ///   - key: An incomplete key: its namespace, parent and kind.
  ///   - count: How many IDs, 0 to 100,000. Concurrent calls share requests for 500 IDs.
  ///   - function: The calling function. Omit it.
  ///   - file: Its file. Omit it.
  ///   - line: Its line. Omit it.
  /// - Returns: A future of the completed keys. It fails with ``DatastoreError``: `invalidArgument`
  ///   if the key is complete or exceeds the ``Limits``, or if the count is too large; or the
  ///   backend's error.
  public func allocateIDs(
    for key: Key, count: Int = 1, function: StaticString = #function,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Future<[Key]> {
    let site = SourceSite(function: function, file: file, line: line)
    var key = key
    do throws(DatastoreError) {
      try core.requireOpen()
      if let scope = try core.scope() { key = try scope.key(key) }
      if key.isComplete {
        throw DatastoreError(
          .invalidArgument, "The key is complete and needs no ID. Use Key(incomplete:parent:).",
          key: key)
      }
      guard 0...Self.allocatedAtOnce ~= count else {
        throw DatastoreError(
          .invalidArgument,
          """
          \(count) IDs cannot be allocated in one call. Request 0 to \
          \(Limits.grouped(Self.allocatedAtOnce)) per call.
          """, key: key)
      }
      try Limits.check(.upsert(Entity(key)))
    } catch {
      return Future(error: error, at: site)
    }
    return Future.all(
      (0..<count).map { [key] _ in core.identifiers.load(key, at: site) },
      function: function, file: file, line: line)
  }

  /// The most IDs of one call. Each one needs a future.
  private static var allocatedAtOnce: Int { 100_000 }

  /// Reserves the IDs of these keys, so that incomplete keys never get them.
  ///
  /// Needed if entities with IDs from elsewhere are written while other entities get IDs from the
  /// datastore. IDs of stored entities need not be reserved.
  ///
  /// - Returns: A future that is done when all IDs are reserved. It fails with ``DatastoreError``:
  ///   `invalidArgument` for an incomplete key, or the backend's error. Some IDs may be reserved
  ///   then.
  public func reserveIDs(
    _ keys: [Key], function: StaticString = #function, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Future<Void> {
    let site = SourceSite(function: function, file: file, line: line)
    let entry: InFlightCalls.Entry
    var keys = keys
    do throws(DatastoreError) {
      if let scope = try core.scope() {
        for index in keys.indices { keys[index] = try scope.key(keys[index]) }
      }
      for key in keys { try Limits.check(.delete(key)) }
      entry = try core.makeEntry()
    } catch {
      return Future(error: error, at: site)
    }
    return Future("reserve IDs", on: core.executor, at: site) { [core, keys] in
      try await entry.run {
        for start in stride(from: 0, to: keys.count, by: Limits.commitMutations) {
          let some = Array(keys[start..<min(start + Limits.commitMutations, keys.count)])
          let bytes = some.reduce(0) { $0 + $1.storageSize }
          try await core.counters.count(.allocation, items: some.count, bytes: bytes) {
            try await core.backend.reserveIDs(some)
          }
        }
      }
    }
  }
}
