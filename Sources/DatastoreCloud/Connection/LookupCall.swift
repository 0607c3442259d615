// SPDX-License-Identifier: Apache-2.0
#if Cloud
  internal import DatastoreModel
  internal import DatastoreProtos

  /// One lookup: as many requests as needed to make progress, within one deadline.
  struct LookupCall {
    private let connection: ServiceConnection
    private let format: WireFormat
    private let deadline: ContinuousClock.Instant
    /// The caller's options, then with the transaction that the first request began.
    private var options: ReadOptions
    /// The transaction that this lookup began.
    private(set) var begun: TransactionID?

    init(
      _ connection: ServiceConnection, _ format: WireFormat, _ options: ReadOptions,
      until deadline: ContinuousClock.Instant
    ) {
      self.connection = connection
      self.format = format
      self.options = options
      self.deadline = deadline
    }

    /// Looks up at least some of the keys and defers the others.
    mutating func run(_ keys: [Key]) async throws -> LookupReply {
      try Self.check(keys)
      if keys.isEmpty { return LookupReply(found: []) }
      var keys = keys
      var later: [Key] = []
      while true {
        do {
          var reply = try await requestUntilProgress(keys)
          reply.deferred += later
          reply.transaction = begun
          return reply
        } catch let error as DatastoreError where error.code == .tooLarge && keys.count > 1 {
          let half = keys.count / 2
          later = Array(keys[half...]) + later
          keys.removeSubrange(half...)
        }
      }
    }

    /// Sends the lookup again, after growing waits, as long as a busy server defers all keys.
    private mutating func requestUntilProgress(_ keys: [Key]) async throws -> LookupReply {
      let clock = ContinuousClock()
      var wait = Duration.milliseconds(50)
      var wasDeferred = false
      while true {
        let reply: LookupReply
        do {
          reply = try await send(keys)
        } catch let error as DatastoreError where wasDeferred && error.code == .deadlineExceeded {
          throw Self.deferred(keys, error)
        }
        if let transaction = reply.transaction {
          begun = transaction
          options.consistency = .transaction(.running(transaction))
        }
        if reply.deferred.count < keys.count { return reply }
        wasDeferred = true
        guard clock.now + wait < deadline else { throw Self.deferred(keys) }
        do {
          try await clock.sleep(for: wait * Double.random(in: 0.5...1))
        } catch {
          throw DatastoreError(.cancelled, "The lookup was cancelled while the server was busy.")
        }
        wait = wait * 2
      }
    }

    private static func deferred(_ keys: [Key], _ cause: (any Error)? = nil) -> DatastoreError {
      DatastoreError(
        .unavailable,
        """
        The server deferred all \(keys.count) keys of the lookup until its deadline. Try again \
        later, or look up fewer keys at once (maxLookupKeys).
        """, cause: cause)
    }

    private func send(_ keys: [Key]) async throws -> LookupReply {
      var request = Wire.LookupRequest()
      request.projectID = format.project
      request.databaseID = format.database
      request.keys = format.encode(keys)
      if let read = format.encode(options.consistency) { request.readOptions = read }
      if let mask = options.propertyMask { request.propertyMask.paths = mask }
      let reply: Wire.LookupResponse = try await connection.call(
        .lookup, request, .read(in: options.transaction), until: deadline)
      return try format.decode(reply, asked: keys)
    }

    private static func check(_ keys: [Key]) throws(DatastoreError) {
      guard keys.count <= Limits.lookupKeys else {
        throw DatastoreError(
          .invalidArgument,
          "A lookup may have up to \(Limits.lookupKeys) keys; this one has \(keys.count). Split it."
        )
      }
      if let key = keys.first(where: { !$0.isComplete }) {
        throw DatastoreError(
          .invalidArgument, "A lookup needs complete keys. Give this key an ID or a name.", key: key
        )
      }
    }
  }
#endif
