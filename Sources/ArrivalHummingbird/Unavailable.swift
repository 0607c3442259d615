// SPDX-License-Identifier: Apache-2.0
#if !Hummingbird
  public import Arrival
  public import ArrivalDatastore

  /// Gives the handlers of a server what they need. Part of the package's trait "Hummingbird".
  @available(
    *, unavailable,
    message: """
      ArrivalMiddleware needs the trait "Hummingbird" of swift-arrival: \
      add traits: ["Hummingbird"] to its .package(…) in Package.swift
      """
  )
  public struct ArrivalMiddleware {
    /// Not available without the trait "Hummingbird".
    public init(
      datastore: Datastore? = nil, executor: TaskletExecutor = .shared,
      waitingForStartedWork limit: Duration? = nil
    ) {}
  }
#endif
