// SPDX-License-Identifier: Apache-2.0
#if !Server
  public import DatastoreModel

  /// Serves the Datastore API. Part of the package's trait "Server".
  @available(
    *, unavailable,
    message: """
      DatastoreServer needs the trait "Server" of swift-arrival: \
      add traits: ["Server"] to its .package(…) in Package.swift
      """
  )
  public struct DatastoreServer {
    /// Not available without the trait "Server".
    public init(backend: any DatastoreBackend) {}
  }
#endif
