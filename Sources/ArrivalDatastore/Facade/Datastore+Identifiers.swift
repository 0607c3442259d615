public import Arrival
internal import DatastoreEngine

extension Datastore {
  /// Allocates IDs before their entities exist.
  ///
  /// ```swift
  /// let keys = try await datastore.allocateIDs(for: Key(incomplete: "Order"), count: 20).value
  /// ```
  ///
  /// No two calls get the same ID, in any process and at any time, and no incomplete key that is
  /// put gets one of them. The IDs are scattered over a large range, and up to 16 digits long.
  /// Unused IDs cost nothing.
  ///
  /// - Parameters:
  ///   - key: An incomplete key: its namespace, parent and kind.
  ///   - count: How many, 0 to 100,000. Those of one moment share requests of 500.
  ///   - function: The function that asks for them; left out.
  ///   - file: Its file; left out.
  ///   - line: Its line; left out.
  /// - Returns: A future of the completed keys. It fails with ``DatastoreError``: `invalidArgument`
  ///   for a key that is complete or beyond the ``Limits`` and for too large a count, or what the
  ///   backend says.
  public func allocateIDs(
    for key: Key, count: Int = 1, function: StaticString = #function,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Future<[Key]> {
    let site = SourceSite(function: function, file: file, line: line)
    do throws(DatastoreError) {
      try core.requireOpen()
      if key.isComplete {
        throw DatastoreError(
          .invalidArgument, "The key is complete and needs no ID. Use Key(incomplete:parent:).",
          key: key)
      }
      guard 0...Self.allocatedAtOnce ~= count else {
        throw DatastoreError(
          .invalidArgument,
          """
          \(count) IDs cannot be allocated at once. Ask for 0 to \
          \(Limits.grouped(Self.allocatedAtOnce)), and several times for more.
          """, key: key)
      }
      try Limits.check(.upsert(Entity(key)))
    } catch {
      return Future(error: error, at: site)
    }
    return Future.all(
      (0..<count).map { _ in core.identifiers.load(key, at: site) },
      function: function, file: file, line: line)
  }

  /// The most IDs of one call: each is a future of its own until it is there.
  private static var allocatedAtOnce: Int { 100_000 }

  /// Keeps these keys' IDs from being given to an incomplete key.
  ///
  /// Needed if entities with IDs from elsewhere are written while other entities get IDs from the
  /// datastore. IDs of stored entities need not be reserved.
  ///
  /// - Returns: A future that is done when all are reserved. It fails with ``DatastoreError``:
  ///   `invalidArgument` for an incomplete key, or what the backend says; some may be reserved
  ///   then.
  public func reserveIDs(
    _ keys: [Key], function: StaticString = #function, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Future<Void> {
    let site = SourceSite(function: function, file: file, line: line)
    let entry: InFlightCalls.Entry
    do throws(DatastoreError) {
      for key in keys { try Limits.check(.delete(key)) }
      entry = try core.makeEntry()
    } catch {
      return Future(error: error, at: site)
    }
    return Future("reserve IDs", on: core.executor, at: site) { [core] in
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
