// SPDX-License-Identifier: Apache-2.0
#if !Lifecycle
  public import Arrival
  public import ArrivalDatastore

  /// A datastore as a service. Part of the package's trait "Lifecycle".
  @available(
    *, unavailable,
    message: """
      DatastoreService needs the trait "Lifecycle" of swift-arrival: \
      add traits: ["Lifecycle"] to its .package(…) in Package.swift
      """
  )
  public struct DatastoreService {
    /// Not available without the trait "Lifecycle".
    public init(_ datastore: Datastore, within limit: Duration? = nil) {}
  }

  /// An executor as a service. Part of the package's trait "Lifecycle".
  @available(
    *, unavailable,
    message: """
      ExecutorService needs the trait "Lifecycle" of swift-arrival: \
      add traits: ["Lifecycle"] to its .package(…) in Package.swift
      """
  )
  public struct ExecutorService {
    /// Not available without the trait "Lifecycle".
    public init(_ executor: TaskletExecutor, within limit: Duration = .seconds(30)) {}
  }
#endif
