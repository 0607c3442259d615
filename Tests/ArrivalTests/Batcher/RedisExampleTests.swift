// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Synchronization
import Testing

/// The example of the guide "Cache results", with a Redis in memory.
@Suite struct RedisExampleTests {
  struct User: Equatable {
    let name: String

    var bytes: [UInt8] { Array(name.utf8) }

    init(name: String) { self.name = name }

    init(bytes: [UInt8]) throws { name = String(decoding: bytes, as: UTF8.self) }
  }

  final class RedisClient: Sendable {
    private let values = Mutex<[String: [UInt8]]>([:])
    let calls = Log<String>()

    func mget(_ names: [String]) async throws -> [[UInt8]?] {
      calls.append("mget \(names)")
      return values.withLock { values in names.map { values[$0] } }
    }

    func mset(_ pairs: [(String, [UInt8])], expiry: Duration) async throws {
      calls.append("mset \(pairs.map(\.0).sorted())")
      values.withLock { values in for (name, bytes) in pairs { values[name] = bytes } }
    }

    func del(_ names: [String]) async throws {
      calls.append("del \(names.sorted())")
      values.withLock { values in for name in names { values[name] = nil } }
    }

    func keys(_ pattern: String) async throws -> [String] {
      values.withLock { values in values.keys.filter { $0.hasPrefix(pattern.dropLast()) } }
    }
  }

  struct RedisUsers: BackingCache {
    let redis: RedisClient

    func values(for ids: [Int]) async throws -> [Int: User] {
      let replies = try await redis.mget(ids.map(name))
      var users: [Int: User] = [:]
      for (id, reply) in zip(ids, replies) { users[id] = try reply.map(User.init(bytes:)) }
      return users
    }

    func store(_ users: [Int: User]) async throws {
      try await redis.mset(users.map { (name($0), $1.bytes) }, expiry: .seconds(600))
    }

    func remove(_ ids: [Int]) async throws { try await redis.del(ids.map(name)) }

    func removeAll() async throws { try await redis.del(redis.keys("user:*")) }

    private func name(_ id: Int) -> String { "user:\(id)" }
  }

  @Test func `Redis is asked once for a batch, filled once and cleared`() throws {
    let manual = ManualExecutor()
    let redis = RedisClient()
    let asked = Log<[Int]>()
    let users = Batcher<Int, User>(
      "users", on: manual.executor, cache: .lru(1_000).backed(by: RedisUsers(redis: redis))
    ) { (ids: [Int]) in
      asked.append(ids)
      return Dictionary(uniqueKeysWithValues: ids.map { ($0, User(name: "user \($0)")) })
    }
    for _ in 0..<2 {
      // A request has its own memory.
      let request = users.scoped(cache: .lru(10))
      let futures = request.load(contentsOf: [1, 2])
      manual.advance(by: .milliseconds(1))
      #expect(try futures.map { try $0.getResult().name } == ["user 1", "user 2"])
    }
    #expect(asked.all == [[1, 2]])
    users.clear(1)
    manual.advance(by: .milliseconds(1))
    users.clearAll()
    manual.advance(by: .milliseconds(1))
    let get = #"mget ["user:1", "user:2"]"#
    #expect(
      redis.calls.all == [
        get, #"mset ["user:1", "user:2"]"#, get, #"del ["user:1"]"#, #"del ["user:2"]"#,
      ])
  }
}
