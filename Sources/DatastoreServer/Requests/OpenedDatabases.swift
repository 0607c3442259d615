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
    private let list: (@Sendable () async throws -> [DatabaseName])?
    private let remove: @Sendable () async throws -> Void
    private let lock: FolderLock?
    private let state = Mutex(State())

    private typealias Opening = Task<any DatastoreBackend, any Error>

    private struct State {
      var opened: [DatabaseName: Opening] = [:]
      /// Set while everything is being removed. Requests wait for its end: what they would open
      /// meanwhile would be removed under them.
      var reset: Task<Void, any Error>?

      mutating func takeOpened() -> [Opening] {
        defer { opened = [:] }
        return Array(opened.values)
      }
    }

    /// Makes a provider.
    ///
    /// - Parameters:
    ///   - open: Opens a database. Requests for it wait. If it throws, the next request tries
    ///     again.
    ///   - list: Finds the databases that are stored. Those that are open are known without it.
    ///     A read of any other database makes none. Without `list`, a read opens its database.
    ///   - remove: Removes what is stored, once all backends are closed. By default nothing: what
    ///     was in memory is gone then.
    public convenience init(
      open: @escaping @Sendable (DatabaseName) async throws -> any DatastoreBackend,
      list: (@Sendable () async throws -> [DatabaseName])? = nil,
      remove: @escaping @Sendable () async throws -> Void = {}
    ) {
      self.init(lock: nil, open: open, list: list, remove: remove)
    }

    /// Makes a provider of a folder.
    ///
    /// - Parameter lock: Tells whether another server has the folder too. A reset then removes the
    ///   entities and not the files, which the other server has open.
    package init(
      lock: FolderLock?,
      open: @escaping @Sendable (DatabaseName) async throws -> any DatastoreBackend,
      list: (@Sendable () async throws -> [DatabaseName])?,
      remove: @escaping @Sendable () async throws -> Void
    ) {
      self.lock = lock
      self.open = open
      self.list = list
      self.remove = remove
    }

    /// The backend of a database, which is opened if need be, and after a reset that is under way.
    public func backend(of database: DatabaseName) async throws -> any DatastoreBackend {
      let opening = state.withLock { state in
        if let opening = state.opened[database] { return opening }
        let opening = Task { [open, reset = state.reset] in
          _ = await reset?.result
          return try await open(database)
        }
        state.opened[database] = opening
        return opening
      }
      do {
        return try await opening.value
      } catch {
        state.withLock { if $0.opened[database] == opening { $0.opened[database] = nil } }
        throw error
      }
    }

    /// The backend of a database that is open or stored; `nil` for another one.
    public func existingBackend(
      of database: DatabaseName
    ) async throws -> (any DatastoreBackend)? {
      var exists = state.withLock { $0.opened[database] != nil }
      if !exists, let list { exists = try await list().contains(database) }
      return exists ? try await backend(of: database) : nil
    }

    /// The backend of a database that is open or stored, or that may be stored because no list of
    /// the stored ones was given.
    public func backend(
      toRead database: DatabaseName
    ) async throws -> (any DatastoreBackend)? {
      if list == nil { return try await backend(of: database) }
      return try await existingBackend(of: database)
    }

    /// The databases that are open or stored.
    public func databases() async throws -> [DatabaseName] {
      let open = state.withLock { Array($0.opened.keys) }
      var stored: [DatabaseName] = []
      if let list { stored = try await list() }
      return Set(stored + open).sorted()
    }

    /// Closes all backends and removes what they stored. Requests in flight end before, and later
    /// ones wait and open new backends.
    public func reset() async throws {
      guard let lock else { return try await removeStored() }
      guard lock.becomeExclusive() else {
        for name in try await databases() { try await backend(of: name).removeAll() }
        return
      }
      defer { lock.becomeShared() }
      try await removeStored()
    }

    private func removeStored() async throws {
      let reset = state.withLock { state in
        if let reset = state.reset { return reset }
        let open = state.takeOpened()
        let reset = Task { [remove] in
          defer { self.state.withLock { $0.reset = nil } }
          try await Self.close(open)
          try await remove()
        }
        state.reset = reset
        return reset
      }
      try await reset.value
    }

    /// Closes all backends.
    public func close() async throws {
      try await Self.close(state.withLock { $0.takeOpened() })
    }

    private static func close(_ open: [Opening]) async throws {
      for opening in open { try await (try? opening.value)?.close() }
    }
  }
#endif
