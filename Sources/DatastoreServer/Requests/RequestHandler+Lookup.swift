// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import DatastoreModel
  internal import DatastoreProtos
  internal import SwiftProtobuf

  extension RequestHandler {
    func lookup(
      _ request: Wire.LookupRequest, from peer: String
    ) async throws -> Wire.LookupResponse {
      let target = try await target(
        request.projectID, request.databaseID, request.readOptions)
      let format = target.format
      var seen: Set<Key> = []
      let keys = try format.decode(request.keys).filter { seen.insert($0).inserted }
      for key in keys { try Limits.check(lookup: key) }
      var options = ReadOptions(try format.consistency(of: request.readOptions))
      if request.hasPropertyMask { options.propertyMask = request.propertyMask.paths }
      let reply = try await transactions.reading(
        options.transaction, on: target, peer, \.transaction
      ) { [options] in
        try await target.backend.lookup(keys, options: options)
      }
      if let failure = reply.failures.values.first { throw failure }

      var response = Wire.LookupResponse()
      var room = MessageRoom()
      // Each key is in the reply, whatever became of it.
      for key in keys { room.reserve(for: key, format) }
      for entity in reply.found {
        guard let key = entity.key else { continue }
        seen.remove(key)
        let result = format.encode(result: entity)
        room.free(for: key, format)
        if try room.take(result, entity) {
          response.found.append(result)
        } else {
          response.deferred.append(format.encode(key))
        }
      }
      for key in reply.deferred where seen.remove(key) != nil {
        response.deferred.append(format.encode(key))
      }
      response.missing = keys.filter(seen.contains).map {
        format.encode(missing: $0, version: reply.snapshotVersion)
      }
      if let time = reply.readTime { response.readTime = format.encode(time) }
      if let id = reply.transaction { response.transaction = format.encode(id) }
      return response
    }
  }

  /// The room that is left in a reply. Clients accept messages of 4 MiB.
  struct MessageRoom {
    private static let limit = 4 * 1_024 * 1_024 - 64 * 1_024
    /// Below this size of the entities, no message is too large, however it is encoded.
    private static let harmless = 256 * 1_024

    private var stored = 0
    /// The bytes of the results, and of what else the reply has.
    private var sent = 0
    private var waiting: [Wire.EntityResult] = []
    private(set) var count = 0
    private var isFull = false

    /// Keeps room for bytes that the reply has beside the results.
    mutating func reserve(_ bytes: Int) {
      sent += bytes
      stored += bytes
    }

    /// Keeps room for a key that is missing or deferred.
    mutating func reserve(for key: Key, _ format: WireFormat) { reserve(Self.size(key, format)) }

    /// Frees the room for a key, whose entity is about to be taken.
    mutating func free(for key: Key, _ format: WireFormat) { reserve(-Self.size(key, format)) }

    /// About how many bytes the message of a key has at most.
    private static func size(_ key: Key, _ format: WireFormat) -> Int {
      key.storageSize + 12 * key.path.count + format.project.utf8.count
        + format.database.utf8.count + 40
    }

    /// Takes a result; `false` if it does not fit. The first one always fits.
    ///
    /// - Parameter cursor: The size of the result's cursor, which is not in the message yet.
    mutating func take(
      _ result: Wire.EntityResult, _ entity: Entity, cursor: Int = 0
    ) throws -> Bool {
      if isFull { return false }
      reserve(cursor)
      stored += entity.storageSize
      waiting.append(result)
      if stored > Self.harmless {
        var size = sent
        for result in waiting { size += (try result.serializedBytes() as [UInt8]).count + 16 }
        if size > Self.limit, count > 0 {
          isFull = true
          return false
        }
        sent = size
        waiting = []
      }
      count += 1
      return true
    }
  }
#endif
