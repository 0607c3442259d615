// SPDX-License-Identifier: Apache-2.0
#if Server
  public import DatastoreModel
  private import Synchronization

  /// Databases that are opened at their first use, one backend for each.
  ///
  /// ```swift
  /// let databases = OpenedDatabases { _ in try SQLiteBackend.inMemory() }
  /// let server = try DatastoreServer(databases: databases)
  /// ```
  public final class OpenedDatabases: DatabaseProvider {
    private let open: @Sendable (DatabaseName) async throws -> any DatastoreBackend
    private let list: @Sendable () async throws -> [DatabaseName]
    private let remove: @Sendable () async throws -> Void
    private let opened = Mutex<[DatabaseName: Task<any DatastoreBackend, any Error>]>([:])

    /// Makes a provider.
    ///
    /// - Parameters:
    ///   - open: Opens a database. Requests for it wait. If it throws, the next request tries
    ///     again.
    ///   - list: Finds the databases that are stored. Those that are open are known without it.
    ///   - remove: Removes what is stored, once all backends are closed. By default nothing: what
    ///     was in memory is gone then.
    public init(
      open: @escaping @Sendable (DatabaseName) async throws -> any DatastoreBackend,
      list: @escaping @Sendable () async throws -> [DatabaseName] = { [] },
      remove: @escaping @Sendable () async throws -> Void = {}
    ) {
      self.open = open
      self.list = list
      self.remove = remove
    }

    /// The backend of a database, which is opened if need be.
    public func backend(of database: DatabaseName) async throws -> any DatastoreBackend {
      let opening = opened.withLock { opened in
        if let opening = opened[database] { return opening }
        let opening = Task { [open] in try await open(database) }
        opened[database] = opening
        return opening
      }
      do {
        return try await opening.value
      } catch {
        opened.withLock { if $0[database] == opening { $0[database] = nil } }
        throw error
      }
    }

    /// The databases that are open or stored.
    public func databases() async throws -> [DatabaseName] {
      let open = opened.withLock { Array($0.keys) }
      return Set(try await list() + open).sorted()
    }

    /// Closes all backends and removes what they stored. Requests in flight end before, and later
    /// ones open new backends.
    public func reset() async throws {
      try await close()
      try await remove()
    }

    /// Closes all backends.
    public func close() async throws {
      let open = opened.withLock { opened in
        defer { opened = [:] }
        return Array(opened.values)
      }
      for opening in open { try await (try? opening.value)?.close() }
    }
  }
#endif
