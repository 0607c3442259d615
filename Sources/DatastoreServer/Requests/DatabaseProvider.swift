// SPDX-License-Identifier: Apache-2.0
#if Server
  public import DatastoreModel

  /// Where a ``DatastoreServer`` finds the backend of a database.
  ///
  /// Databases are separate, unless the provider gives two of them the same backend.
  public protocol DatabaseProvider: Sendable {
    /// The backend of a database. Called once for each request.
    ///
    /// - Throws: `DatastoreError`; `notFound` or `invalidArgument` for a database that the provider
    ///   does not serve.
    func backend(of database: DatabaseName) async throws -> any DatastoreBackend

    /// The backend of a database that exists or that needs nothing to be made; `nil` for another
    /// one.
    ///
    /// The data viewer shows a database with it, so that a mistyped address makes none. By default
    /// as ``backend(of:)``.
    func existingBackend(of database: DatabaseName) async throws -> (any DatastoreBackend)?

    /// The backend of a database for a read outside of transactions; `nil` for a database without
    /// data, so that the read of a mistyped project makes none.
    ///
    /// By default as ``backend(of:)``.
    func backend(toRead database: DatabaseName) async throws -> (any DatastoreBackend)?

    /// The databases that the data viewer lists, in order.
    func databases() async throws -> [DatabaseName]

    /// Removes all entities of all databases.
    func reset() async throws

    /// Closes the backends. Called once, after the last request.
    func close() async throws
  }

  extension DatabaseProvider {
    public func existingBackend(
      of database: DatabaseName
    ) async throws -> (any DatastoreBackend)? {
      try await backend(of: database)
    }

    public func backend(
      toRead database: DatabaseName
    ) async throws -> (any DatastoreBackend)? {
      try await backend(of: database)
    }
  }
#endif
