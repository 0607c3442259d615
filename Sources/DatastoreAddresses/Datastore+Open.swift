// SPDX-License-Identifier: Apache-2.0
public import Arrival
public import ArrivalDatastore

#if Cloud
  internal import DatastoreCloud
#endif
#if SQLite
  internal import DatastoreSQLite
#endif

extension Datastore {
  /// Opens the datastore at an address: a file on this machine, or Google Cloud Datastore.
  ///
  /// ```swift
  /// let local = try Datastore.open("sqlite:shop.db")
  /// let orders = try Datastore.open("sqlite:shop.db?database=orders")
  /// let remote = try Datastore.open("datastore:my-project")
  /// ```
  ///
  /// Only backends whose traits the package was built with can be opened. This function has a
  /// module of its own because `Datastore` depends on no backend, and no backend depends on
  /// another.
  ///
  /// - Parameters:
  ///   - address: See ``DatastoreAddress``.
  ///   - executor: Where requests run; `nil` for the executor of the tasklet with the first
  ///     request.
  ///   - log: Told in a sentence when a call of a server fails and is tried again. Called on any
  ///     thread. Default: `nil`, for nothing.
  /// - Throws: `DatastoreError`: `invalidArgument` if the address cannot be read or no project is
  ///   known, `failedPrecondition` if the trait is missing, or the error of the backend.
  public static func open(
    _ address: String, on executor: TaskletExecutor? = nil,
    log: (@Sendable (String) -> Void)? = nil
  ) throws -> Datastore {
    switch try DatastoreAddress(address) {
    case .sqlite(let path, let database):
      #if SQLite
        let file = try SQLiteBackend(path: path)
        return Datastore(
          backend: try file.database(database, closesFile: true), on: executor)
      #else
        throw missing("SQLite", for: "\(DatastoreAddress.sqlite(path: path, database: database))")
      #endif
    case .cloud(let project, let database, let emulator):
      #if Cloud
        let configuration: CloudBackend.Configuration
        if let emulator {
          configuration = CloudBackend.Configuration(
            project: project ?? "", database: database,
            endpoint: try Endpoint(emulator: emulator))
        } else {
          configuration = try CloudBackend.Configuration(project: project, database: database)
        }
        return Datastore(
          backend: try CloudBackend(configuration, log: log), configuration: .remote,
          on: executor)
      #else
        throw missing(
          "Cloud",
          for: "\(DatastoreAddress.cloud(project: project, database: database, emulator: emulator))"
        )
      #endif
    }
  }

  private static func missing(_ trait: String, for address: String) -> DatastoreError {
    DatastoreError(
      .failedPrecondition,
      """
      The address \(address) needs the trait "\(trait)" of swift-arrival. Build with --traits \
      \(trait), or add traits: ["\(trait)"] to .package(…) of swift-arrival in Package.swift.
      """)
  }
}
