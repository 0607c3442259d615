// SPDX-License-Identifier: Apache-2.0
// `MemcachedCache` speaks memcached's text protocol. Its parts, from below: names and commands as
// bytes (`MemcachedName`, `MemcachedCommand`), the decoder of replies, the handler that pairs
// requests with replies, and the link, which connects again after a failure.
#if NIO
  public import DatastoreEngine
  internal import DatastoreModel
  internal import NIOCore
  internal import NIOPosix

  /// A memcached server as the cache that several processes share, for a `CachingBackend`.
  ///
  /// ```swift
  /// let cache = MemcachedCache(.init(host: "10.0.0.5"))
  /// let backend = CachingBackend(cloud, cache: cache, database: "shop/orders")
  /// ```
  ///
  /// It has one connection, over which requests are sent without waiting for the replies of others.
  /// It connects with the first request, and again after the connection was lost.
  ///
  /// Requests fail if the server cannot be reached, closes the connection, or does not answer
  /// within ``Configuration/requestTime``. A `CachingBackend` then answers lookups from the backend
  /// below, and refuses commits before anything is written. A server that restarts has lost its
  /// values, but gives out the numbers of its old states once more. So a token is valid only on the
  /// connection it came from.
  ///
  /// Connect to the server itself and not through a proxy that may choose another server. The
  /// server must not run with `-C`, which turns off its "cas" command. Values larger than the
  /// server accepts, 1 MiB by default, are not kept.
  ///
  /// Requests end by their time limit, and not earlier when a task is cancelled.
  public final class MemcachedCache: SharedCache {
    /// The server and the limits.
    public struct Configuration: Sendable, Hashable {
      /// The host name or address of the server; this machine by default.
      public var host: String
      /// The server's port; 11211 by default.
      public var port: Int
      /// How long a request may take, and connecting before it; half a second by default.
      public var requestTime: Duration = .milliseconds(500)
      /// How long requests fail at once after the server could not be reached; a quarter of a
      /// second by default.
      public var reconnectPause: Duration = .milliseconds(250)

      /// Makes a configuration.
      ///
      /// - Parameters:
      ///   - host: The host name or address of the server.
      ///   - port: The server's port.
      public init(host: String = "127.0.0.1", port: Int = 11_211) {
        self.host = host
        self.port = port
      }
    }

    private let link: MemcachedLink

    /// Makes a cache. It connects with the first request.
    public init(_ configuration: Configuration = Configuration()) {
      link = MemcachedLink(configuration)
    }

    /// Reads values.
    ///
    /// - Throws: `DatastoreError`: `unavailable` if the server cannot be reached or gives no
    ///   answer, `failedPrecondition` if it cannot serve as a shared cache or this one is closed.
    ///   The other methods throw the same.
    public func get(_ keys: Set<[UInt8]>) async throws -> [[UInt8]: CacheEntry] {
      if keys.isEmpty { return [:] }
      let names = Dictionary(uniqueKeysWithValues: keys.map { (MemcachedName.of($0), $0) })
      let connection = try await link.connection()
      var found: [[UInt8]: CacheEntry] = [:]
      for reply in try await connection.send(MemcachedCommand.reading(Array(names.keys))) {
        guard case .values(let values) = reply else { continue }
        for value in values {
          guard let key = names[value.name] else { continue }
          if value.state == 0 { throw MemcachedFailure.withoutCAS(link.configuration) }
          let token = CacheEntry.Token(source: connection.number, state: value.state)
          found[key] = CacheEntry(value: value.bytes, token: token)
        }
      }
      return found
    }

    /// Stores values for keys that have none.
    public func add(
      _ values: [[UInt8]: [UInt8]], expiresIn: Duration
    ) async throws -> Set<[UInt8]> {
      let values = Array(values)
      let commands = values.map { key, value in
        MemcachedCommand.add(MemcachedName.of(key), value, MemcachedCommand.seconds(expiresIn))
      }
      let replies = try await send(commands, on: try await link.connection())
      return Set(zip(values, replies).filter { $0.1 == .stored }.map(\.0.key))
    }

    /// Replaces values that are as they were when their tokens were read, over this connection.
    public func replace(
      _ entries: [[UInt8]: CacheEntry], expiresIn: Duration
    ) async throws -> Set<[UInt8]> {
      if entries.isEmpty { return [] }
      let connection = try await link.connection()
      let entries = entries.filter { $0.value.token.source == connection.number }
      let commands = entries.map { key, entry in
        MemcachedCommand.cas(
          MemcachedName.of(key), entry.value, MemcachedCommand.seconds(expiresIn),
          state: entry.token.state)
      }
      let replies = try await send(commands, on: connection)
      return Set(zip(entries, replies).filter { $0.1 == .stored }.map(\.0.key))
    }

    /// Removes values, whatever they are.
    public func remove(_ keys: Set<[UInt8]>) async throws {
      let commands = keys.map { MemcachedCommand.delete(MemcachedName.of($0)) }
      _ = try await send(commands, on: try await link.connection())
    }

    private func send(
      _ commands: [MemcachedCommand], on connection: MemcachedConnection
    ) async throws -> [MemcachedReply] {
      if commands.isEmpty { return [] }
      return try await connection.send(commands)
    }

    /// Closes the connection. Later requests fail with `failedPrecondition`.
    public func close() async { await link.close() }
  }
#endif
