public import Arrival

extension Datastore {
  /// Allocates IDs before there are entities to go with them.
  ///
  /// ```swift
  /// let keys = try await datastore.allocateIDs(for: Key(incomplete: "Order"), count: 20).value
  /// ```
  ///
  /// No two calls are given the same ID, in whatever process and at whatever time, and no incomplete
  /// key that is put gets one of them. They are scattered over a large range, and up to 16 digits
  /// long. IDs that are never used are no loss.
  ///
  /// - Parameters:
  ///   - key: An incomplete key: its namespace, parent and kind.
  ///   - count: How many, 0 to 100,000; those of one moment travel together, 500 in a request.
  ///   - function: The function that asks for them; left out.
  ///   - file: Its file; left out.
  ///   - line: Its line; left out.
  /// - Returns: A future of the completed keys. It fails with ``DatastoreError``: `invalidArgument` for a
  ///   key that is complete or beyond the ``Limits`` and for too large a count, or what the backend
  ///   says.
  public func allocateIDs(
    for key: Key, count: Int = 1, function: StaticString = #function,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Future<[Key]> {
    do throws(DatastoreError) {
      try requireOpen()
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
      return Future(error: error, function: function, file: file, line: line)
    }
    return Future.all(
      (0..<count).map { _ in identifiers.load(key, function: function, file: file, line: line) },
      function: function, file: file, line: line)
  }

  /// The most IDs of one call: each is a future of its own until it is there.
  private static var allocatedAtOnce: Int { 100_000 }

  /// Sees to it that these keys' IDs are never given to an incomplete key.
  ///
  /// Needed where entities with IDs from elsewhere are written while others get theirs from the
  /// datastore. What is stored already need not be reserved.
  ///
  /// - Returns: A future that is done when all are reserved. It fails with ``DatastoreError``:
  ///   `invalidArgument` for an incomplete key, or what the backend says; some may be reserved then.
  public func reserveIDs(
    _ keys: [Key], function: StaticString = #function, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Future<Void> {
    let entry: RequestsUnderWay.Entry
    do throws(DatastoreError) {
      for key in keys { try Limits.check(.delete(key)) }
      entry = try enter()
    } catch {
      return Future(error: error, function: function, file: file, line: line)
    }
    return Future("reserve IDs", on: executor, function: function, file: file, line: line) {
      try await entry.run {
        for start in stride(from: 0, to: keys.count, by: Limits.commitMutations) {
          let some = Array(keys[start..<min(start + Limits.commitMutations, keys.count)])
          let bytes = some.reduce(0) { $0 + $1.storageSize }
          try await self.counters.count(.allocation, items: some.count, bytes: bytes) {
            try await self.backend.reserveIDs(some)
          }
        }
      }
    }
  }

  /// Completes keys, many in one request. Equal keys are as many IDs.
  static func identifiers(
    _ backend: any DatastoreBackend, _ configuration: Configuration,
    _ executor: TaskletExecutor?, _ counters: Counters
  ) -> Batcher<Key, Key> {
    Batcher(
      "datastore IDs",
      configuration: .init(
        maxBatchSize: Limits.commitMutations, maxDelay: configuration.maxDelay,
        deduplicates: false),
      on: executor
    ) { (keys: [Key]) -> [Key] in
      let bytes = keys.reduce(0) { $0 + $1.storageSize }
      let complete = try await counters.count(.allocation, items: keys.count, bytes: bytes) {
        try await backend.allocateIDs(for: keys)
      }
      guard complete.count == keys.count, complete.allSatisfy(\.isComplete) else {
        throw DatastoreError(
          .internal,
          """
          The backend answered a request for \(keys.count) IDs with \(complete.count) keys, or with \
          incomplete ones. Report this as a fault of the backend.
          """)
      }
      return complete
    }
  }
}
