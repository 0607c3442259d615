public import Arrival
public import ArrivalDatastore

#if Cloud
  internal import DatastoreCloud
#endif
#if SQLite
  internal import DatastoreSQLite
#endif

extension Datastore {
  /// Opens the datastore of an address: the same program on one machine's file and on Google's
  /// service.
  ///
  /// ```swift
  /// let datastore = try Datastore.open("sqlite:shop.arrival")
  /// let datastore = try Datastore.open("datastore:my-project")
  /// ```
  ///
  /// It knows the backends whose traits the package was built with. It stands in a module of its
  /// own, for `Datastore` knows no backend, and no backend another.
  ///
  /// - Parameters:
  ///   - address: See ``DatastoreAddress``.
  ///   - executor: Where the requests run; `nil` for the executor of the tasklet that asks first.
  /// - Throws: `DatastoreError`: `invalidArgument` for an address that cannot be read or names no
  ///   project, `failedPrecondition` if the trait is missing, or what the backend says.
  public static func open(
    _ address: String, on executor: TaskletExecutor? = nil
  ) throws -> Datastore {
    switch try DatastoreAddress(address) {
    case .sqlite(let path):
      #if SQLite
        return Datastore(backend: try SQLiteBackend(path: path), on: executor)
      #else
        throw missing("SQLite", for: "sqlite:\(path)")
      #endif
    case .cloud(let project, let database):
      #if Cloud
        let configuration = try CloudBackend.Configuration(project: project, database: database)
        return Datastore(
          backend: try CloudBackend(configuration), configuration: .remote, on: executor)
      #else
        throw missing(
          "Cloud", for: "\(DatastoreAddress.cloud(project: project, database: database))")
      #endif
    }
  }

  private static func missing(_ trait: String, for address: String) -> DatastoreError {
    DatastoreError(
      .failedPrecondition,
      """
      \(address) needs the trait "\(trait)" of swift-arrival: build with --traits \(trait), or add \
      traits: ["\(trait)"] to its .package(…) in Package.swift.
      """)
  }
}
