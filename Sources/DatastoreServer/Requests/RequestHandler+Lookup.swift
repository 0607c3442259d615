// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import DatastoreModel
  internal import DatastoreProtos
  internal import SwiftProtobuf

  extension RequestHandler {
    func lookup(
      _ request: Wire.LookupRequest, from peer: String
    ) async throws -> Wire.LookupResponse {
      let target = try await target(request.projectID, request.databaseID)
      let format = target.format
      var seen: Set<Key> = []
      let keys = try format.decode(request.keys).filter { seen.insert($0).inserted }
      for key in keys { try Limits.check(lookup: key) }
      var options = ReadOptions(try format.consistency(of: request.readOptions))
      if request.hasPropertyMask { options.propertyMask = request.propertyMask.paths }
      let reply = try await transactions.reading(
        options.transaction, on: target.backend, peer, \.transaction
      ) { [options] in
        try await target.backend.lookup(keys, options: options)
      }
      if let failure = reply.failures.values.first { throw failure }

      var response = Wire.LookupResponse()
      var room = MessageRoom()
      for entity in reply.found {
        guard let key = entity.key else { continue }
        let result = format.encode(result: entity)
        if try room.take(result, entity) {
          response.found.append(result)
          seen.remove(key)
        } else {
          response.deferred.append(format.encode(key))
          seen.remove(key)
        }
      }
      for key in reply.deferred where seen.remove(key) != nil {
        response.deferred.append(format.encode(key))
      }
      response.missing = keys.filter(seen.contains).map { format.encode(missing: $0) }
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
    private var sent = 0
    private var waiting: [Wire.EntityResult] = []
    private(set) var count = 0
    private var isFull = false

    /// Takes a result; `false` if it does not fit. The first one always fits.
    mutating func take(_ result: Wire.EntityResult, _ entity: Entity) throws -> Bool {
      if isFull { return false }
      stored += entity.storageSize
      waiting.append(result)
      if stored > Self.harmless {
        var size = sent
        for result in waiting { size += (try result.serializedBytes() as [UInt8]).count + 8 }
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
